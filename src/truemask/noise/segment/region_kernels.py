"""Connected regions of all classes in one pass over the map. Importing this takes numba's half second."""

from typing import no_type_check

import numba

from truemask.compiled import compiled


@no_type_check
def _root(parents, one):
    """The lowest number of all that `one` was joined with."""
    while parents[one] != one:
        parents[one] = parents[parents[one]]
        one = parents[one]
    return one


root = numba.njit(inline="always")(_root)


@no_type_check
def _join(parents, one, other):
    """Both are one region from now on, under the lower number."""
    one, other = root(parents, one), root(parents, other)
    if one < other:
        parents[other] = one
    else:
        parents[one] = other


join = numba.njit(inline="always")(_join)


@no_type_check
def _meet(labels, background, ignore, parents, firsts, ids):
    """Give every pixel the number of a neighbour, or a new one, and join numbers that meet; -1 for none."""
    height, width = labels.shape
    found = 0
    for y in range(height):
        for x in range(width):
            label = labels[y, x]
            if label in (ignore, background):
                ids[y, x] = -1
                continue
            one = -1
            right = y > 0 and x + 1 < width and labels[y - 1, x + 1] == label
            above = y > 0 and labels[y - 1, x] == label
            if x > 0 and labels[y, x - 1] == label:
                one = ids[y, x - 1]  # which has met all above but what is above to the right
                if right and not above:
                    join(parents, one, ids[y - 1, x + 1])
            elif above:
                one = ids[y - 1, x]
            else:
                if y > 0 and x > 0 and labels[y - 1, x - 1] == label:
                    one = ids[y - 1, x - 1]
                if right and one >= 0:
                    join(parents, one, ids[y - 1, x + 1])
                elif right:
                    one = ids[y - 1, x + 1]
            if one < 0:
                one, parents[found], firsts[found] = found, found, y * width + x
                found += 1
            ids[y, x] = one
    return found


@no_type_check
def _settle(found, parents, firsts, ids):
    """Number the regions from 1 in the order of their first places; how many there are."""
    count = 0
    for one in range(found):
        if parents[one] == one:
            firsts[count] = firsts[one]
            count += 1
            parents[one] = -count
        else:
            parents[one] = parents[parents[one]]  # a lower number, so it is settled already
    for y in range(ids.shape[0]):
        for x in range(ids.shape[1]):
            one = ids[y, x]
            ids[y, x] = 0 if one < 0 else -parents[one]
    return count


meet = compiled(_meet)
settle = compiled(_settle)
