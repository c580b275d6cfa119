/*
 * type.h - types of expressions, as the checker knows them before anything is evaluated.
 *
 * Typing is gradual: `dyn` is a value of which nothing is known, and it fits everywhere. A type is
 * immutable and lives in an arena or is static. Objects are maps of known fields; an enum is a
 * string of known words.
 */
#ifndef CEL_TYPE_H
#define CEL_TYPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <quell/value.h>

struct arena;
struct quell_field;

enum cel_kind {
    CEL_DYN,
    CEL_NULL,
    CEL_BOOL,
    CEL_INT,
    CEL_UINT,
    CEL_DOUBLE,
    CEL_STRING, /* with `words`: an enum */
    CEL_BYTES,
    CEL_TIMESTAMP,
    CEL_DURATION,
    CEL_LIST,      /* of[0]: its items */
    CEL_MAP,       /* of[0]: its keys, of[1]: its values */
    CEL_OPTIONAL,  /* of[0]: what it may hold */
    CEL_TYPE,      /* of[0]: the type that it names */
    CEL_OPAQUE,    /* name, and of: its parameters */
    CEL_OBJECT,    /* a map with fields: of a field table, or members */
    CEL_PARAMETER, /* of a signature: `A`; stands for one type throughout it */
    CEL_VARIABLE,  /* inside a check only: a type that is still being found out */
    CEL_UNION,     /* of a signature's argument only: one of `of` */
    CEL_KINDS
};

/* A field of an object that no field table describes. */
struct cel_member {
    struct quell_str name;
    const struct cel_type *type;
};

struct cel_type {
    enum cel_kind kind;
    bool nullable;         /* may be null, too */
    uint16_t count;        /* of `of` */
    uint32_t number;       /* PARAMETER: which of its signature; VARIABLE: which of the check */
    struct quell_str name; /* OPAQUE, OBJECT, PARAMETER; may be empty for an object */
    const struct cel_type *const *of; /* see the kinds */
    const char *const *words;         /* STRING: the words of an enum, NULL-ended, or NULL */
    const struct quell_field *fields; /* OBJECT: its field table, or NULL for members */
    const struct cel_member *members; /* OBJECT */
    size_t member_count;
    /* OBJECT whose fields are made when they are asked for: NULL when there is none of the name. */
    const struct cel_type *(*find)(struct arena *arena, struct quell_str name, const void *owner);
    const void *owner;
};

extern const struct cel_type cel_dyn, cel_null, cel_bool, cel_int, cel_uint, cel_double, cel_string,
    cel_bytes, cel_timestamp, cel_duration;

/* A type of one, or two, parts: LIST, OPTIONAL and TYPE of `of`; a map. */
const struct cel_type *cel_type_of(struct arena *arena, enum cel_kind kind,
                                   const struct cel_type *of);
const struct cel_type *cel_type_map(struct arena *arena, const struct cel_type *key,
                                    const struct cel_type *value);
/* `of` is borrowed. */
const struct cel_type *cel_type_opaque(struct arena *arena, struct quell_str name,
                                       const struct cel_type *const *of, size_t count);
/* An object of members, or of a field table (the names in it are borrowed). */
const struct cel_type *cel_type_object(struct arena *arena, struct quell_str name,
                                       const struct cel_member *members, size_t count);
const struct cel_type *cel_type_fields(struct arena *arena, struct quell_str name,
                                       const struct quell_field *fields);
/* An object whose fields `find` makes. */
const struct cel_type *cel_type_lazy(struct arena *arena, struct quell_str name,
                                     const struct cel_type *(*find)(struct arena *arena,
                                                                    struct quell_str name,
                                                                    const void *owner),
                                     const void *owner);
/* What a row of a field table holds; without a description of its own an object or map is dyn
 * inside. */
const struct cel_type *cel_type_field(struct arena *arena, const struct quell_field *field);
/* What a value is; what a list or map holds is dyn, because others of its kind may hold else. */
const struct cel_type *cel_type_of_value(struct arena *arena, struct quell_value value);
/* The same type, which may be null, too. */
const struct cel_type *cel_type_nullable(struct arena *arena, const struct cel_type *type);

/* The type of an object's field, or NULL when it has none of that name. */
const struct cel_type *cel_type_member(struct arena *arena, const struct cel_type *object,
                                       struct quell_str name);
/* The nearest name of its fields, or empty. */
struct quell_str cel_type_nearest(struct arena *arena, const struct cel_type *object,
                                  struct quell_str wrong);

bool cel_type_equal(const struct cel_type *a, const struct cel_type *b);

/* `list(string)`, `map(string, dyn)`, `optional(int)`: as docs/cel.md writes types. The wire form
 * is the one of CEL's conformance tests: `map(string,int64)`, `optional_type(dyn)`. */
struct quell_str cel_type_text(struct arena *arena, const struct cel_type *type);
struct quell_str cel_type_wire(struct arena *arena, const struct cel_type *type);

/* ---- reading -----------------------------------------------------------------------------------
 */

/* The grammar of signatures is written down in functions.def. */
struct cel_signature {
    bool method;       /* the first parameter is the receiver */
    bool more;         /* any number of the last parameter, none included */
    uint8_t variables; /* so many parameters behind the receiver are names that a macro binds */
    uint8_t letters;   /* different type parameters in it */
    size_t count;      /* parameters, the receiver included */
    const struct cel_type *const *parameters;
    const struct cel_type *result;
};

/* Reads `list(A) | string` and the like: both the names of cel_type_text() and of cel_type_wire().
 * NULL when it is no type. Names that are no type of CEL are opaque; a capital letter, and
 * `param:T`, is a parameter. */
const struct cel_type *cel_type_read(struct arena *arena, struct quell_str text);
/* Reads a whole signature of the function `name`; false when it does not follow the grammar. */
bool cel_signature_read(struct arena *arena, struct quell_str name, struct quell_str text,
                        struct cel_signature *made);

#endif
