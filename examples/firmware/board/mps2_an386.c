/*
 * Arm MPS2, image AN386: a Cortex-M4 that QEMU models (-M mps2-an386).
 */
#include "board.h"

#include <stdbool.h>

#define REG(address) (*(volatile uint32_t *)(address))

/* Two serial ports of Arm's CMSDK: 0 is the log, 1 the modem. */
#define UART_DATA(n) REG(0x40004000u + 0x1000u * (n))
#define UART_STATE(n) REG(0x40004004u + 0x1000u * (n))
#define UART_CTRL(n) REG(0x40004008u + 0x1000u * (n))
#define UART_BAUDDIV(n) REG(0x40004010u + 0x1000u * (n))

#define SYST_CSR REG(0xe000e010u)
#define SYST_RVR REG(0xe000e014u)
#define SYST_CVR REG(0xe000e018u)

#define SCB_SHCSR REG(0xe000ed24u)
#define SCB_CFSR REG(0xe000ed28u)
#define SCB_BFAR REG(0xe000ed38u)
#define MPU_CTRL REG(0xe000ed94u)
#define MPU_RNR REG(0xe000ed98u)
#define MPU_RBAR REG(0xe000ed9cu)
#define MPU_RASR REG(0xe000eda0u)

/* From the linker script. */
extern uint32_t board_stack_bottom[], board_stack_top[];
extern uint32_t board_data_start[], board_data_end[], board_data_load[];
extern uint32_t board_bss_start[], board_bss_end[];

int main(void);
_Noreturn void board_reset(void);

/* --- serial ports -------------------------------------------------------- */

enum { UART_TX_FULL = 1, UART_RX_READY = 2, UART_ON = 3 };

static void put_byte(unsigned port, uint8_t byte)
{
    while (UART_STATE(port) & UART_TX_FULL) {
    }
    UART_DATA(port) = byte;
}

static void start_serial_ports(void)
{
    for (unsigned port = 0; port < 2; port++) {
        UART_BAUDDIV(port) = 16;
        UART_CTRL(port) = UART_ON;
    }
}

void board_modem_write(const uint8_t *from, size_t len)
{
    for (size_t i = 0; i < len; i++) put_byte(1, from[i]);
}

void board_modem_read(uint8_t *to, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        while (!(UART_STATE(1) & UART_RX_READY)) {
        }
        to[i] = (uint8_t)UART_DATA(1);
    }
}

/* --- log ----------------------------------------------------------------- */

static void put(char c)
{
    put_byte(0, (uint8_t)c);
}

void board_log(const char *text)
{
    while (*text) put(*text++);
}

void board_log_u32(uint32_t value)
{
    char digits[10];
    int n = 0;

    do {
        digits[n++] = (char)('0' + value % 10);
        value /= 10;
    } while (value);
    while (n) put(digits[--n]);
}

void board_log_hex(const uint8_t *bytes, size_t len)
{
    static const char hex[] = "0123456789abcdef";

    for (size_t i = 0; i < len; i++) {
        put(hex[bytes[i] >> 4]);
        put(hex[bytes[i] & 15]);
    }
}

/* --- end ---------------------------------------------------------------- */

/* Semihosting SYS_EXIT_EXTENDED: the status becomes QEMU's own. */
_Noreturn void board_exit(int status)
{
    uint32_t block[2] = {0x20026u, (uint32_t)status};
    register uint32_t r0 __asm("r0") = 0x20u;
    register uint32_t *r1 __asm("r1") = block;

    __asm volatile("bkpt 0xab" : : "r"(r0), "r"(r1) : "memory");
    for (;;) {
    }
}

static void log_word(const char *name, uint32_t value)
{
    uint8_t big_endian[4] = {(uint8_t)(value >> 24), (uint8_t)(value >> 16),
                             (uint8_t)(value >> 8), (uint8_t)value};

    board_log(name);
    board_log_hex(big_endian, sizeof big_endian);
}

__attribute__((used)) static _Noreturn void fault(uint32_t sp)
{
    bool overflow = sp < (uint32_t)board_stack_bottom + 32;

    board_log(overflow ? "\nSTACK OVERFLOW" : "\nFAULT");
    log_word(" cfsr ", SCB_CFSR);
    log_word(" bfar ", SCB_BFAR);
    log_word(" sp ", sp);
    if (!overflow) log_word(" pc ", ((const uint32_t *)sp)[6]);
    board_log("\n");
    board_exit(overflow ? BOARD_EXIT_STACK : BOARD_EXIT_FAULT);
}

/* The stack may be the very thing that failed: begin a new one. */
__attribute__((naked)) static void on_fault(void)
{
    __asm volatile("mov r0, sp\n"
                   "ldr r1, =board_stack_top\n"
                   "mov sp, r1\n"
                   "b fault\n");
}

/* newlib's own would bring in signals and stdio. */
_Noreturn void abort(void);
_Noreturn void abort(void)
{
    board_log("\nABORT\n");
    board_exit(BOARD_EXIT_ABORT);
}

_Noreturn void __assert_func(const char *, int, const char *, const char *);
_Noreturn void __assert_func(const char *file, int line, const char *function,
                             const char *what)
{
    (void)function;
    board_log("\nASSERT ");
    board_log(file);
    board_log(":");
    board_log_u32((uint32_t)line);
    board_log(" ");
    board_log(what);
    board_log("\n");
    board_exit(BOARD_EXIT_ABORT);
}

/* --- stack --------------------------------------------------------------- */

static const uint32_t paint = 0xc0ffee11u;
static uint32_t *painted_top;

static inline uint32_t *stack_now(void)
{
    uint32_t *sp;

    __asm volatile("mov %0, sp" : "=r"(sp));
    return sp;
}

static uint32_t depth_below(const uint32_t *top)
{
    const uint32_t *at = board_stack_bottom;

    while (at < top && *at == paint) at++;
    return (uint32_t)((const uint8_t *)top - (const uint8_t *)at);
}

__attribute__((noinline)) void board_stack_paint(void)
{
    painted_top = stack_now();
    for (uint32_t *at = board_stack_bottom; at < painted_top; at++) *at = paint;
}

__attribute__((noinline)) uint32_t board_stack_depth(void)
{
    return depth_below(painted_top);
}

uint32_t board_stack_used(void)
{
    return depth_below(board_stack_top);
}

/* --- start -------------------------------------------------------------- */

static void protect(uint32_t region, uint32_t start, uint32_t attributes)
{
    MPU_RNR = region;
    MPU_RBAR = start;
    MPU_RASR = attributes | 1u;
}

/* QEMU's "flash" is writable RAM, and below its RAM lies something that takes
 * every write in silence. So: flash is read-only, RAM does not execute, and
 * where a stack that grows too far arrives, nothing is allowed. */
static void protect_memory(void)
{
    enum { NO_ACCESS = 0, READ_ONLY = 7u << 24, READ_WRITE = 3u << 24 };
    enum { NO_EXECUTE = 1u << 28, SIZE_4M = 21u << 1, SIZE_256M = 27u << 1 };

    protect(0, 0x00000000u, READ_ONLY | SIZE_4M);
    protect(1, 0x20000000u, NO_EXECUTE | READ_WRITE | SIZE_4M);
    protect(2, 0x10000000u, NO_EXECUTE | NO_ACCESS | SIZE_256M);
    MPU_CTRL = 5u; /* on; everything else as by default */
    __asm volatile("dsb\nisb" : : : "memory");
}

_Noreturn void board_reset(void)
{
    const uint32_t *from = board_data_load;

    for (uint32_t *to = board_data_start; to < board_data_end;) *to++ = *from++;
    for (uint32_t *to = board_bss_start; to < board_bss_end;) *to++ = 0;

    start_serial_ports();
    protect_memory();
    for (uint32_t *at = board_stack_bottom; at < stack_now(); at++) *at = paint;
    board_exit(main());
}

__attribute__((section(".vectors"), used)) static const struct {
    uint32_t *stack;
    void (*handlers[15])(void);
} vectors = {board_stack_top,
             {board_reset, on_fault, on_fault, on_fault, on_fault, on_fault,
              on_fault, on_fault, on_fault, on_fault, on_fault, on_fault,
              on_fault, on_fault, on_fault}};

/* --- entropy ------------------------------------------------------------ */

/* QEMU's board has no random number generator. A product reads its own here,
 * checks it (NIST SP 800-90B start-up test), and fails when the test fails. */
int board_entropy(uint8_t out[32])
{
    for (unsigned i = 0; i < 32; i++) out[i] = (uint8_t)i;
    return 1;
}

/* --- flash --------------------------------------------------------------- */

/* QEMU's board has none; its second RAM stands in for two sectors of it, with
 * a word that says which one holds. A product finds that out from sequence
 * numbers and checksums, so that losing power in between does no harm. */
enum { SECTOR_SIZE = 64 * 1024 };

static uint8_t *const sectors = (uint8_t *)0x21000000u;
static volatile uint32_t *const current = (uint32_t *)0x21100000u;

static uint8_t *sector(uint32_t number)
{
    return sectors + SECTOR_SIZE * (number & 1);
}

covey_buffer board_flash_begin(void)
{
    return (covey_buffer){.at = sector(current[0] + 1), .cap = SECTOR_SIZE};
}

void board_flash_commit(size_t len)
{
    current[1 + ((current[0] + 1) & 1)] = len;
    current[0]++;
}

covey_bytes board_flash_read(void)
{
    return (covey_bytes){sector(current[0]), current[1 + (current[0] & 1)]};
}

/* --- measuring ---------------------------------------------------------- */

enum { SYSTICK_TOP = 0xffffff, INSTRUCTIONS_PER_TICK = 1000 / 25 };

void board_count_start(void)
{
    SYST_RVR = SYSTICK_TOP;
    SYST_CVR = 0;
    SYST_CSR = 5; /* on, processor clock of 25 MHz, no interrupt */
}

uint32_t board_count_read(void)
{
    uint32_t now = SYST_CVR;
    bool wrapped = SYST_CSR & 1u << 16;

    if (wrapped) return UINT32_MAX;
    return (SYSTICK_TOP - now) * INSTRUCTIONS_PER_TICK;
}
