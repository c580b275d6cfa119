/*
 * term.h - how text looks: colours only on a terminal that wants them, plain glyphs outside UTF-8.
 * State is always a word; a colour and a glyph stand only beside it.
 */
#ifndef CLI_TERM_H
#define CLI_TERM_H

#include <stdbool.h>
#include <stddef.h>

#include <quell/value.h>

enum tone { TONE_PLAIN, TONE_GOOD, TONE_BAD, TONE_WARN, TONE_DIM, TONE_STRONG };

struct term {
    bool color, unicode, terminal;
    size_t width; /* columns of the terminal; 80 when nobody says */
};

/* Of standard output; honours NO_COLOR, CLICOLOR_FORCE, TERM=dumb and the locale's charset. */
struct term term_of_output(void);
/* The escape sequence that begins a tone, and the one that ends it; empty without colour. */
const char *term_on(const struct term *term, enum tone tone);
const char *term_off(const struct term *term);
/* One of two texts, by whether the terminal takes UTF-8. */
const char *term_glyph(const struct term *term, const char *utf8, const char *ascii);

/* Prints foreign text: control characters are shown as \xNN, never sent to the terminal. */
void term_print(struct quell_str text);
/* Pads with blanks to a display width. */
void term_pad(struct quell_str text, size_t width);
/* A value in one line: texts as they are, an unknown as `?` with its reason, lists and maps as
 * compact JSON, cut at `width` columns (0 = not). */
void term_value(const struct term *term, struct quell_value value, size_t width);

#endif
