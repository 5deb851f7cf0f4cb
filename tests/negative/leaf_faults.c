#include "leaf_faults.h"

#include <covey/error.h>

static void x509(covey_leaf_node *leaf)
{
    leaf->credential_type = COVEY_CREDENTIAL_X509;
    leaf->capabilities.credentials = hex("00010002");
}

static void unknown_credential(covey_leaf_node *leaf)
{
    leaf->credential_type = 0x0a0a;
    leaf->capabilities.credentials = hex("00010a0a");
}

static void too_long(covey_leaf_node *leaf)
{
    leaf->identity = bytes_fill('x', COVEY_MLS_LEAF_NODE_MAX);
}

static void key_too_short(covey_leaf_node *leaf)
{
    leaf->encryption_key = bytes_cut(leaf->encryption_key, 31);
}

static void key_too_long(covey_leaf_node *leaf)
{
    leaf->encryption_key = bytes_join(leaf->encryption_key, bytes_fill(0, 1));
}

static void no_key(covey_leaf_node *leaf)
{
    leaf->encryption_key = covey_bytes_of(NULL, 0);
}

static void signature_key_too_short(covey_leaf_node *leaf)
{
    leaf->signature_key = bytes_cut(leaf->signature_key, 31);
}

static void signature_key_too_long(covey_leaf_node *leaf)
{
    leaf->signature_key = bytes_join(leaf->signature_key, bytes_fill(0, 1));
}

static void signature_too_short(covey_leaf_node *leaf)
{
    leaf->signature = bytes_fill(1, 63);
}

static void signature_too_long(covey_leaf_node *leaf)
{
    leaf->signature = bytes_fill(1, 65);
}

static void wrong_signature(covey_leaf_node *leaf)
{
    leaf->signature = bytes_fill(1, 64);
}

/* Not the one that signs. */
static void other_signature_key(covey_leaf_node *leaf)
{
    leaf->signature_key = bytes_flip(leaf->signature_key, 0);
}

static void other_version(covey_leaf_node *leaf)
{
    leaf->capabilities.versions = hex("00020100");
}

static void no_version(covey_leaf_node *leaf)
{
    leaf->capabilities.versions = hex("");
}

static void other_suite(covey_leaf_node *leaf)
{
    leaf->capabilities.cipher_suites = hex("000100020300");
}

static void unlisted_credential(covey_leaf_node *leaf)
{
    leaf->capabilities.credentials = hex("00020100");
}

static void odd_versions(covey_leaf_node *leaf)
{
    leaf->capabilities.versions = hex("000100");
}

static void odd_suites(covey_leaf_node *leaf)
{
    leaf->capabilities.cipher_suites = hex("000300");
}

static void odd_extensions(covey_leaf_node *leaf)
{
    leaf->capabilities.extensions = hex("ff01ff");
}

static void odd_proposals(covey_leaf_node *leaf)
{
    leaf->capabilities.proposals = hex("0a");
}

static void odd_credentials(covey_leaf_node *leaf)
{
    leaf->capabilities.credentials = hex("000100");
}

static void unlisted_extension(covey_leaf_node *leaf)
{
    leaf->extensions = extension_of(0xff77, covey_bytes_of(NULL, 0));
}

static void repeated_extension(covey_leaf_node *leaf)
{
    covey_bytes one = extension_of(FAMILY_EXTENSION, bytes_fill(1, 3));

    leaf->extensions = bytes_join(one, one);
}

static void broken_extension(covey_leaf_node *leaf)
{
    leaf->extensions = hex("ff01 05 00000000");
}

static covey_bytes many_extensions(uint16_t num)
{
    covey_bytes all = covey_bytes_of(NULL, 0);

    for (uint16_t i = 0; i < num; i++) {
        all = bytes_join(all, extension_of((uint16_t)(0x1000 + i),
                                           covey_bytes_of(NULL, 0)));
    }
    return all;
}

static void list_many(covey_leaf_node *leaf)
{
    leaf->capabilities.extensions =
        hex("ff01 1000 1001 1002 1003 1004 1005 1006 1007 1008 1009 100a 100b"
            "100c 100d 100e 100f 1010");
}

static void sixteen_extensions(covey_leaf_node *leaf)
{
    list_many(leaf);
    leaf->extensions = many_extensions(16);
}

static void seventeen_extensions(covey_leaf_node *leaf)
{
    list_many(leaf);
    leaf->extensions = many_extensions(17);
}

static void no_source(covey_leaf_node *leaf)
{
    leaf->source = 0;
}

static void unknown_source(covey_leaf_node *leaf)
{
    leaf->source = 4;
}

static void ends_before_it_begins(covey_leaf_node *leaf)
{
    leaf->lifetime = (covey_lifetime){1001, 1000};
}

static void lives_too_long(covey_leaf_node *leaf)
{
    leaf->lifetime = (covey_lifetime){1000, 1001 + 28 * 24 * 3600};
}

static void lives_for_ever(covey_leaf_node *leaf)
{
    leaf->lifetime = (covey_lifetime){0, UINT64_MAX};
}

/* ---- what is not wrong ---- */

static void longest_life(covey_leaf_node *leaf)
{
    leaf->lifetime = (covey_lifetime){1000, 1000 + 28 * 24 * 3600};
}

static void shortest_life(covey_leaf_node *leaf)
{
    leaf->lifetime = (covey_lifetime){1000, 1000};
}

static void unknown_capabilities(covey_leaf_node *leaf)
{
    leaf->capabilities.versions = hex("7a7a00010a0a");
    leaf->capabilities.cipher_suites = hex("0a0a00030001");
    leaf->capabilities.extensions = hex("1a1aff012a2a");
    leaf->capabilities.proposals = hex("3a3a");
    leaf->capabilities.credentials = hex("4a4a0001");
}

static void listed_extension(covey_leaf_node *leaf)
{
    leaf->extensions = extension_of(FAMILY_EXTENSION, bytes_fill(7, 20));
}

static void default_extension(covey_leaf_node *leaf)
{
    leaf->extensions =
        extension_of(COVEY_EXTENSION_APPLICATION_ID, bytes_fill(7, 20));
}

const leaf_fault leaf_faults[] = {
    {"x509", x509, COVEY_ERR_PROFILE, false},
    {"unknown credential", unknown_credential, COVEY_ERR_PROFILE, false},
    {"too long", too_long, COVEY_ERR_PROFILE, false},
    {"key too short", key_too_short, COVEY_ERR_LEAF, false},
    {"key too long", key_too_long, COVEY_ERR_LEAF, false},
    {"no key", no_key, COVEY_ERR_LEAF, false},
    {"signature key too short", signature_key_too_short, COVEY_ERR_LEAF, false},
    {"signature key too long", signature_key_too_long, COVEY_ERR_LEAF, false},
    {"signature too short", signature_too_short, COVEY_ERR_LEAF, false},
    {"signature too long", signature_too_long, COVEY_ERR_LEAF, false},
    {"wrong signature", wrong_signature, COVEY_ERR_AUTH, false},
    {"other signature key", other_signature_key, COVEY_ERR_AUTH, false},
    {"other version", other_version, COVEY_ERR_LEAF, false},
    {"no version", no_version, COVEY_ERR_LEAF, false},
    {"other suite", other_suite, COVEY_ERR_LEAF, false},
    {"unlisted credential", unlisted_credential, COVEY_ERR_LEAF, false},
    {"odd versions", odd_versions, COVEY_ERR_MALFORMED, false},
    {"odd suites", odd_suites, COVEY_ERR_MALFORMED, false},
    {"odd extensions", odd_extensions, COVEY_ERR_MALFORMED, false},
    {"odd proposals", odd_proposals, COVEY_ERR_MALFORMED, false},
    {"odd credentials", odd_credentials, COVEY_ERR_MALFORMED, false},
    {"unlisted extension", unlisted_extension, COVEY_ERR_EXTENSION, false},
    {"repeated extension", repeated_extension, COVEY_ERR_EXTENSION, false},
    {"broken extension", broken_extension, COVEY_ERR_MALFORMED, false},
    {"seventeen extensions", seventeen_extensions, COVEY_ERR_PROFILE, false},
    {"no source", no_source, COVEY_ERR_MALFORMED, false},
    {"unknown source", unknown_source, COVEY_ERR_MALFORMED, false},
    {"ends before it begins", ends_before_it_begins, COVEY_ERR_LIFETIME, true},
    {"lives too long", lives_too_long, COVEY_ERR_LIFETIME, true},
    {"lives for ever", lives_for_ever, COVEY_ERR_LIFETIME, true},
    {"longest life", longest_life, COVEY_OK, true},
    {"shortest life", shortest_life, COVEY_OK, true},
    {"unknown capabilities", unknown_capabilities, COVEY_OK, false},
    {"listed extension", listed_extension, COVEY_OK, false},
    {"default extension", default_extension, COVEY_OK, false},
    {"sixteen extensions", sixteen_extensions, COVEY_OK, false},
};

const size_t num_leaf_faults = sizeof leaf_faults / sizeof leaf_faults[0];
