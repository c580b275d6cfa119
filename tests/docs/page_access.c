/*
 * page_access.c - the tables of docs/access.md: roles, rights, routes, and the keys of `oidc`.
 */
#include "docs.h"

#include <stdio.h>

#include "base/str.h"
#include "serve/identity.h"
#include "serve/oidc.h"
#include "serve/route.h"

static bool print_roles(void)
{
    printf("| right |");
    for (const struct role *role = roles; role->name; role++)
        printf(" %s |", role->name);
    printf(" |\n| --- |");
    for (const struct role *role = roles; role->name; role++)
        printf(" --- |");
    printf(" --- |\n");
    for (int right = 0; right < RIGHTS; right++) {
        printf("| `%s` |", right_rows[right].name);
        for (const struct role *role = roles; role->name; role++)
            printf(" %s |", role->rights >> right & 1 ? "yes" : "");
        printf(" %s |\n", right_rows[right].doc);
    }
    printf("\n");
    for (const struct role *role = roles; role->name; role++)
        printf("* **%s**: %s\n", role->name, role->doc);
    return true;
}

static bool print_routes(void)
{
    printf("| route | right | |\n| --- | --- | --- |\n");
    for (const struct route *route = routes; route->method; route++) {
        enum right right = route_right(route->permission);

        if (right == RIGHTS)
            continue;
        printf("| `%s %s` | `%s` | %s |\n", route->method, route->path, right_rows[right].name,
               route->doc);
    }
    return true;
}

bool access_directive(struct quell_str name, struct quell_str argument)
{
    (void)argument;
    if (str_is(name, "oidc"))
        print_fields(oidc_fields);
    return str_is(name, "roles")    ? print_roles()
           : str_is(name, "routes") ? print_routes()
                                    : str_is(name, "oidc");
}
