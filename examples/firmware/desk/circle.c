/*
 * The other end of the line of the watch in device.c: the relay, the clock,
 * the wearer's finger, and seven phones of a family. It takes the watch
 * through a few hours, and compares what it says with what the phones say.
 *
 * Ends with 0 when all went as it should; says on stderr what did not.
 */
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "device_frame.h"
#include "family.h"
#include "relay.h"

typedef struct {
    covey_device_state state;
    covey_sos_state sos;
    char uri[COVEY_URI_SIZE];
    char digits[COVEY_DIGITS_SIZE];
    char number[COVEY_SAFETY_NUMBER_SIZE];
    unsigned num_events[256];
    unsigned num_heard[256];
    size_t longest_request;
    size_t longest_answer;
} watch_view;

static watch_view watch;
static phone *phones[PHONES_MAX];
static size_t num_phones;
static bool has_watch; /* of the circle: time passes for it too */
static covey_now now = {1800000000000, 1000};

/* ---- the line ---- */

static void put(uint8_t kind, const void *bytes, size_t len)
{
    uint8_t head[HEAD_SIZE] = {kind, (uint8_t)(len >> 8), (uint8_t)len};

    must(len <= ANSWER_SIZE, "the frame is short enough");
    must(fwrite(head, 1, sizeof head, stdout) == sizeof head &&
             fwrite(bytes, 1, len, stdout) == len && fflush(stdout) == 0,
         "the line takes a frame");
}

static uint8_t get(uint8_t *bytes, size_t cap, size_t *len)
{
    uint8_t head[HEAD_SIZE];

    must(fread(head, 1, sizeof head, stdin) == sizeof head,
         "the watch answers");
    *len = (size_t)head[1] << 8 | head[2];
    must(*len <= cap && fread(bytes, 1, *len, stdin) == *len,
         "the watch's frame is whole");
    return head[0];
}

static void serve(const uint8_t *request, size_t len)
{
    static uint8_t answer[ANSWER_SIZE];

    if (len > watch.longest_request) watch.longest_request = len;
    size_t answer_len =
        relay_answer((covey_bytes){request, len}, answer, sizeof answer);
    must(answer_len != 0, "the relay understands the watch");
    if (answer_len > watch.longest_answer) watch.longest_answer = answer_len;
    put(ANSWER_FRAME, answer, answer_len);
}

static void copy_text(char *to, size_t cap, const uint8_t *from, size_t len)
{
    must(len < cap, "the text is short enough");
    memcpy(to, from, len);
    to[len] = '\0';
}

static void take_done(const uint8_t *bytes, size_t len)
{
    must(len == 2 + sizeof watch.number, "the watch does as it is told");
    watch.state = (covey_device_state)bytes[0];
    watch.sos = (covey_sos_state)bytes[1];
    memcpy(watch.number, bytes + 2, sizeof watch.number);
}

/* One frame, and all that the watch answers. */
static void tell(uint8_t kind, const void *bytes, size_t len)
{
    static uint8_t in[ANSWER_SIZE];
    size_t in_len;
    uint8_t got;

    put(kind, bytes, len);
    do {
        got = get(in, sizeof in, &in_len);
        switch (got) {
        case REQUEST_FRAME: serve(in, in_len); break;
        case URI_FRAME:
            copy_text(watch.uri, sizeof watch.uri, in, in_len);
            break;
        case DIGITS_FRAME:
            copy_text(watch.digits, sizeof watch.digits, in, in_len);
            break;
        case EVENT_FRAME:
            must(in_len == 2, "an event is two bytes");
            watch.num_events[in[0]]++;
            watch.num_heard[in[1]]++;
            break;
        case DONE_FRAME: take_done(in, in_len); break;
        default: must(false, "the watch's frame is known");
        }
    } while (got != DONE_FRAME);
}

static void act(uint8_t kind)
{
    tell(kind, NULL, 0);
}

/* ---- time ---- */

static void tell_time(void)
{
    uint8_t bytes[TIME_SIZE];

    for (unsigned i = 0; i < 8; i++) {
        bytes[i] = (uint8_t)((uint64_t)now.utc_ms >> (56 - 8 * i));
        bytes[8 + i] = (uint8_t)(now.mono_ms >> (56 - 8 * i));
    }
    tell(TIME_FRAME, bytes, sizeof bytes);
}

static covey_now pass(unsigned seconds)
{
    for (unsigned i = 0; i < seconds; i++) {
        now.utc_ms += 1000;
        now.mono_ms += 1000;
        for (size_t p = 0; p < num_phones; p++) family_turn(phones[p], now);
        if (has_watch) {
            tell_time();
            act(TURN_FRAME);
        }
    }
    return now;
}

/* ---- a family ---- */

static phone *add_phone(const char *name)
{
    must(num_phones < PHONES_MAX, "there is room for a phone");
    phones[num_phones] = family_phone(name, now);
    return phones[num_phones++];
}

static phone *add_member(phone *by, const char *name, covey_role role,
                         bool own_person)
{
    phone *newcomer = add_phone(name);

    family_join(by, newcomer, role, own_person, pass);
    return newcomer;
}

static void add_watch(phone *by)
{
    unsigned left;

    has_watch = true;
    tell_time();
    act(INVITE_FRAME);
    must(covey_device_accept(by->device, watch.uri, false, now) == COVEY_OK,
         "the watch's code is taken");
    (void)pass(30);
    must(watch.state == COVEY_DEVICE_JOINED && watch.digits[0] != '\0',
         "the watch has joined");
    must(covey_device_enter_digits(by->device, watch.digits, now, &left) ==
             COVEY_OK,
         "the watch's digits are right");
    act(CONFIRM_FRAME);
    (void)pass(90);
    must(watch.state == COVEY_DEVICE_MEMBER, "the watch is a member");
    fprintf(stderr, "desk: the watch has joined, as the eighth\n");
}

/* All are in one epoch of one circle. */
static void must_agree(const char *when)
{
    char number[COVEY_SAFETY_NUMBER_SIZE];

    for (size_t i = 0; i < num_phones; i++) {
        must(covey_device_safety_number(phones[i]->device, number) ==
                     COVEY_OK &&
                 memcmp(number, watch.number, sizeof number) == 0,
             when);
    }
    fprintf(stderr, "desk: all agree %s\n", when);
}

/* ---- a day ---- */

static covey_member_id id_of_watch(const phone *p)
{
    covey_member member = {.role = COVEY_ROLE_FRIEND};

    for (size_t i = 0; covey_device_member(p->device, i, now, &member); i++) {
        if (member.role == COVEY_ROLE_WEARER) break;
    }
    must(member.role == COVEY_ROLE_WEARER, "the watch is on the list");
    return member.id;
}

static void text(phone *by, const char *words)
{
    unsigned before = watch.num_heard[COVEY_CONTENT_TEXT];
    covey_content content = {.kind = COVEY_CONTENT_TEXT};

    content.of.text.text = (covey_bytes){(const uint8_t *)words, strlen(words)};
    must(covey_device_send(by->device, now, &content, NULL) == COVEY_OK,
         "the text is taken");
    (void)pass(70);
    must(watch.num_heard[COVEY_CONTENT_TEXT] == before + 1,
         "the watch hears the text");
}

static void walk(const phone *who, unsigned num_fixes)
{
    unsigned before = who->num_heard[COVEY_CONTENT_LOCATION];

    for (unsigned i = 0; i < num_fixes; i++) {
        act(FIX_FRAME);
        (void)pass(60);
    }
    (void)pass(70);
    must(who->num_heard[COVEY_CONTENT_LOCATION] > before,
         "the phone hears where the watch is");
}

static void locate(phone *by)
{
    unsigned before = by->num_heard[COVEY_CONTENT_LOCATION];
    covey_content content = {.kind = COVEY_CONTENT_COMMAND};

    content.of.command = (covey_command){.target = id_of_watch(by),
                                         .not_after_ms = now.utc_ms + 600000,
                                         .kind = COVEY_COMMAND_LOCATE};
    must(covey_device_send(by->device, now, &content, NULL) == COVEY_OK,
         "the command is taken");
    (void)pass(130);
    must(watch.num_events[COVEY_EVENT_NOTICE] > 0, "the wearer was shown it");
    must(by->num_heard[COVEY_CONTENT_LOCATION] == before + 1 &&
             by->num_heard[COVEY_CONTENT_COMMAND_RECEIPT] > 0,
         "the watch says where it is");
}

static void wait_for(phone *by, const char *when)
{
    (void)pass(180);
    must(covey_device_busy(by->device) == COVEY_OPERATION_NONE,
         "the operation is done");
    must_agree(when);
}

static void refresh(phone *by)
{
    must(covey_device_refresh(by->device, now) == COVEY_OK, "refresh");
    wait_for(by, "after a commit with fresh keys");
}

static void set_policy(phone *by)
{
    covey_document document = {.kind = COVEY_DOCUMENT_REPORTING,
                               .of.reporting = {60, 30, 50, 10}};

    must(covey_device_set_policy(by->device, &document, now) == COVEY_OK,
         "the policy is taken");
    wait_for(by, "after a policy");
    must(watch.num_events[COVEY_EVENT_POLICY] > 0,
         "the policy is in force on the watch");
}

/* The last one; its place in the tree becomes a blank. */
static void remove_last(phone *by)
{
    covey_member_id id = covey_device_self(phones[num_phones - 1]->device);

    must(covey_device_remove(by->device, &id, now) == COVEY_OK, "remove");
    (void)pass(60);
    num_phones--;
    wait_for(by, "after a phone was removed");
}

static void call_for_help(void)
{
    act(SOS_FRAME);
    (void)pass(130);
    must(watch.sos == COVEY_SOS_SEEN, "the wearer sees that somebody comes");
    for (size_t i = 0; i < num_phones; i++) {
        must(phones[i]->num_heard[COVEY_CONTENT_SOS] > 0, "all hear the SOS");
    }
}

/* ---- main ---- */

static phone *found_family(void)
{
    phone *mother = add_phone("mother");

    must(covey_device_create(mother->device, "relay.test", now) == COVEY_OK,
         "the circle is made");
    phone *father = add_member(mother, "father", COVEY_ROLE_GUARDIAN, false);
    (void)add_member(mother, "mother's tablet", COVEY_ROLE_GUARDIAN, true);
    (void)add_member(father, "father's tablet", COVEY_ROLE_GUARDIAN, true);
    (void)add_member(mother, "grandmother", COVEY_ROLE_CARER, false);
    (void)add_member(mother, "grandfather", COVEY_ROLE_CARER, false);
    (void)add_member(father, "aunt", COVEY_ROLE_FRIEND, false);
    return mother;
}

static void live(phone *mother, phone *father)
{
    text(mother, "Where are you?");
    walk(mother, 3);
    locate(father);
    refresh(father);
    set_policy(mother);
    refresh(mother);
    act(RESTART_FRAME);
    (void)pass(130);
    must_agree("after a restart");
    text(father, "Dinner is at six.");
    remove_last(mother);
    (void)add_member(mother, "uncle", COVEY_ROLE_FRIEND, false);
    wait_for(mother, "after another phone was added");
    locate(mother);
    refresh(father);
    call_for_help();
    walk(father, 20);
    must_agree("in the end");
}

int main(void)
{
    must(sodium_init() >= 0, "sodium_init");
    phone *mother = found_family();

    add_watch(mother);
    must_agree("on a circle of eight");
    live(mother, phones[1]);
    tell_time();
    put(END_FRAME, NULL, 0);
    fprintf(stderr,
            "desk: done; largest blob %zu, request %zu, answer %zu bytes\n",
            relay_largest(), watch.longest_request, watch.longest_answer);
    return 0;
}
