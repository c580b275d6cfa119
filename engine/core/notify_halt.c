/*
 * notify_halt.c - the kill switch stops what people are told as well: nothing is sent then.
 */
#include "core/notify.h"

#include "core/gate.h"
#include "value/value.h"

bool telling_may_send(const struct telling *telling, bool changes)
{
    struct halt_subject subject = {.playbook = quell_get_str(telling->notice->question, "playbook"),
                                   .connector = quell_str_of(telling->connector->name),
                                   .connection = telling->via,
                                   .changes = changes};

    return halt_asks(telling->notice->engine, &subject) == NULL;
}

void notify_halt_changed(struct quell *engine)
{
    struct notice *notice, *next;

    for (notice = engine->notices; notice; notice = next) {
        next = notice->next;
        for (size_t i = 0; i < notice->count; i++) {
            struct telling *telling = &notice->tellings[i];
            if (telling->call == NULL)
                continue;
            if (call_is_halted(telling->call))
                call_go_on(telling->call);
            else
                call_look_again(telling->call);
        }
    }
}
