#include "mls/tree_keys.h"

#include "base/secret.h"

void covey_tree_keys_set(covey_tree_keys *keys, unsigned level,
                         const covey_kem_secret *secret)
{
    keys->parents[level - 1] = *secret;
    keys->held |= (uint32_t)1 << level;
}

const covey_kem_secret *covey_tree_keys_of(const covey_tree_keys *keys,
                                           covey_node_index node)
{
    unsigned level = covey_node_level(node);

    if (!covey_node_same(covey_node_above(keys->self, level), node)) {
        return NULL;
    }
    if (level == 0) return &keys->leaf;
    return (keys->held >> level & 1) != 0 ? &keys->parents[level - 1] : NULL;
}

void covey_tree_keys_prune(covey_tree_keys *keys, const covey_tree *tree)
{
    unsigned height = covey_node_level(covey_tree_root(tree->width));

    for (unsigned level = 1; level <= COVEY_MLS_DEPTH_MAX; level++) {
        covey_node_index node = covey_node_above(keys->self, level);

        if (level <= height && covey_tree_parent(tree, node) != NULL) continue;
        keys->held &= ~((uint32_t)1 << level);
        covey_wipe(&keys->parents[level - 1], sizeof keys->parents[0]);
    }
}
