/*
 * question.c - the parts of a question to people that `approve` and `ask` share.
 */
#include "run/question.h"

#include "value/value.h"

struct quell_value question_words(struct run *run, const struct step_words *words)
{
    struct list_builder list = {.arena = run->arena};
    size_t i;

    for (i = 0; i < words->count; i++)
        list_add(&list, quell_string(words->items[i]));
    return list_made(&list);
}

int64_t question_until(const struct decision *decision, const struct instance *instance,
                       int64_t within_us)
{
    int64_t due = frame_due(decision->run, instance->frame);
    int64_t until = within_us ? time_after(decision->now_us, within_us) : due;

    return until < due ? until : due;
}

enum quell_code question_add(struct decision *decision, const struct instance *instance,
                             const struct step_asking *asking, struct map_builder *data,
                             struct quell_value *error)
{
    struct run *run = decision->run;
    struct quell_value message = quell_null();

    if (asking->message.text) {
        enum quell_code code = scope_eval(run, instance->frame, &asking->message, &message, error);
        if (code)
            return code;
        if (!quell_is(message, QUELL_UNKNOWN))
            message = value_masked_as(quell_string(cel_to_text(run->arena, message)), message);
    }
    map_add(data, "message", message);
    map_add(data, "of", question_words(run, &asking->of));
    map_add(data, "via", question_words(run, &asking->via));
    map_add(data, "until", value_time_us(question_until(decision, instance, asking->within_us)));
    return QUELL_OK;
}
