#include "mls/tree_math.h"

covey_node_index covey_node_of_leaf(covey_leaf_index leaf)
{
    return (covey_node_index){leaf.value * 2};
}

bool covey_node_is_leaf(covey_node_index node)
{
    return (node.value & 1) == 0;
}

covey_leaf_index covey_leaf_of_node(covey_node_index node)
{
    return (covey_leaf_index){node.value / 2};
}

/* The number of trailing ones. */
unsigned covey_node_level(covey_node_index node)
{
    unsigned level = 0;

    while (level < 32 && (node.value >> level & 1) != 0) level++;
    return level;
}

covey_node_index covey_tree_root(uint32_t width)
{
    return (covey_node_index){width - 1};
}

uint32_t covey_tree_num_nodes(uint32_t width)
{
    return 2 * width - 1;
}

uint32_t covey_tree_width_for(uint32_t num_leaves)
{
    uint32_t width = 1;

    while (width < num_leaves) width *= 2;
    return width;
}

covey_node_index covey_node_left(covey_node_index node)
{
    uint32_t half = (uint32_t)1 << (covey_node_level(node) - 1);

    return (covey_node_index){node.value - half};
}

covey_node_index covey_node_right(covey_node_index node)
{
    uint32_t half = (uint32_t)1 << (covey_node_level(node) - 1);

    return (covey_node_index){node.value + half};
}

covey_node_index covey_node_parent(covey_node_index node)
{
    unsigned level = covey_node_level(node);
    uint32_t bit = (uint32_t)1 << level;

    return (covey_node_index){(node.value | bit) & ~(bit << 1)};
}

covey_node_index covey_node_sibling(covey_node_index node)
{
    uint32_t bit = (uint32_t)2 << covey_node_level(node);

    return (covey_node_index){node.value ^ bit};
}

bool covey_node_is_under(covey_node_index node, covey_node_index root)
{
    uint32_t reach = ((uint32_t)1 << covey_node_level(root)) - 1;

    return node.value >= root.value - reach && node.value <= root.value + reach;
}

covey_node_index covey_node_above(covey_leaf_index leaf, unsigned level)
{
    uint32_t low = ((uint32_t)1 << level) - 1;

    return (covey_node_index){((leaf.value * 2) & ~(low * 2 + 1)) | low};
}

covey_leaf_index covey_subtree_first_leaf(covey_node_index root)
{
    uint32_t reach = ((uint32_t)1 << covey_node_level(root)) - 1;

    return (covey_leaf_index){(root.value - reach) / 2};
}

uint32_t covey_subtree_num_leaves(covey_node_index root)
{
    return (uint32_t)1 << covey_node_level(root);
}

covey_node_index covey_common_ancestor(covey_leaf_index a, covey_leaf_index b)
{
    unsigned level = 0;

    while (a.value >> level != b.value >> level) level++;
    return covey_node_above(a, level);
}
