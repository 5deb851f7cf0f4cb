/*
 * mls/tree-math.json: RFC 9420 appendix C.
 */
#include "mls/tree_math.h"
#include "vectors/values.h"

typedef covey_node_index (*relative)(covey_node_index node);

/* `is_there` says for which nodes the relative exists at all. */
static void check_relatives(const json_t *value, const char *key, relative of,
                            bool (*is_there)(covey_node_index, uint32_t width),
                            uint32_t width)
{
    const json_t *list = vector_list(value, key);
    const json_t *wanted;
    size_t i;

    cr_assert_eq(json_array_size(list), covey_tree_num_nodes(width));
    json_array_foreach(list, i, wanted)
    {
        covey_node_index node = {(uint32_t)i};

        cr_assert_eq(is_there(node, width), json_is_integer(wanted),
                     "%s of %zu among %u leaves", key, i, width);
        if (json_is_integer(wanted)) {
            cr_assert_eq(of(node).value, json_integer_value(wanted),
                         "%s of %zu among %u leaves", key, i, width);
        }
    }
}

static bool has_children(covey_node_index node, uint32_t width)
{
    (void)width;
    return !covey_node_is_leaf(node);
}

static bool has_parent(covey_node_index node, uint32_t width)
{
    return !covey_node_same(node, covey_tree_root(width));
}

Test(vectors, tree_math)
{
    const json_t *root = vectors_open("mls/tree-math.json");
    const json_t *value;
    size_t num = 0;
    size_t i;

    json_array_foreach(root, i, value)
    {
        uint32_t width = (uint32_t)vector_number(value, "n_leaves");

        cr_assert_eq(covey_tree_width_for(width), width);
        cr_assert_eq(covey_tree_num_nodes(width),
                     vector_number(value, "n_nodes"));
        cr_assert_eq(covey_tree_root(width).value,
                     vector_number(value, "root"));
        check_relatives(value, "left", covey_node_left, has_children, width);
        check_relatives(value, "right", covey_node_right, has_children, width);
        check_relatives(value, "parent", covey_node_parent, has_parent, width);
        check_relatives(value, "sibling", covey_node_sibling, has_parent,
                        width);
        num++;
    }
    report_cases("tree-math", num, json_array_size(root));
}
