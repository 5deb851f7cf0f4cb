/*
 * The numbers of RFC 9420: section 17's registries and the small enums.
 */
#ifndef COVEY_MLS_TYPES_H
#define COVEY_MLS_TYPES_H

#define COVEY_MLS10 1 /* ProtocolVersion */

enum { /* WireFormat, section 17.2 */
       COVEY_WIRE_PUBLIC_MESSAGE = 1,
       COVEY_WIRE_PRIVATE_MESSAGE = 2,
       COVEY_WIRE_WELCOME = 3,
       COVEY_WIRE_GROUP_INFO = 4,
       COVEY_WIRE_KEY_PACKAGE = 5
};

enum { /* ContentType, section 6 */
       COVEY_CONTENT_APPLICATION = 1,
       COVEY_CONTENT_PROPOSAL = 2,
       COVEY_CONTENT_COMMIT = 3
};

enum { /* SenderType, section 6 */
       COVEY_SENDER_MEMBER = 1,
       COVEY_SENDER_EXTERNAL = 2,
       COVEY_SENDER_NEW_MEMBER_PROPOSAL = 3,
       COVEY_SENDER_NEW_MEMBER_COMMIT = 4
};

enum { /* ExtensionType, section 17.3 */
       COVEY_EXTENSION_APPLICATION_ID = 1,
       COVEY_EXTENSION_RATCHET_TREE = 2,
       COVEY_EXTENSION_REQUIRED_CAPABILITIES = 3,
       COVEY_EXTENSION_EXTERNAL_PUB = 4,
       COVEY_EXTENSION_EXTERNAL_SENDERS = 5
};

enum { /* ProposalType, section 17.4 */
       COVEY_PROPOSAL_ADD = 1,
       COVEY_PROPOSAL_UPDATE = 2,
       COVEY_PROPOSAL_REMOVE = 3,
       COVEY_PROPOSAL_PSK = 4,
       COVEY_PROPOSAL_REINIT = 5,
       COVEY_PROPOSAL_EXTERNAL_INIT = 6,
       COVEY_PROPOSAL_GROUP_CONTEXT_EXTENSIONS = 7
};

enum { /* CredentialType, section 17.5 */
       COVEY_CREDENTIAL_BASIC = 1,
       COVEY_CREDENTIAL_X509 = 2
};

enum { /* LeafNodeSource, section 7.2 */
       COVEY_SOURCE_KEY_PACKAGE = 1,
       COVEY_SOURCE_UPDATE = 2,
       COVEY_SOURCE_COMMIT = 3
};

enum { /* NodeType, section 7.8 */
       COVEY_NODE_LEAF = 1,
       COVEY_NODE_PARENT = 2
};

enum { /* ProposalOrRefType, section 12.4 */
       COVEY_BY_VALUE = 1,
       COVEY_BY_REFERENCE = 2
};

enum { /* PSKType and ResumptionPSKUsage, section 8.4 */
       COVEY_PSK_EXTERNAL = 1,
       COVEY_PSK_RESUMPTION = 2,
       COVEY_USAGE_APPLICATION = 1,
       COVEY_USAGE_REINIT = 2,
       COVEY_USAGE_BRANCH = 3
};

#endif
