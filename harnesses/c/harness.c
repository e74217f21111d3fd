/* gradcheck's protocol in C, one file, nothing but the standard library.
 *
 *     cc -O2 -o harness harness.c -lm           gradcheck external -- ./harness
 *     cc -O2 -DWRONG -o wrong harness.c -lm     the wrong twins: every one has a typical mistake
 *     cc -O2 -DSINGLE -o single harness.c -lm   in float32
 *     cc -O2 -DHALF -o half harness.c -lm       float16 in and out, float32 in between; -DBFLOAT16 likewise
 *
 * To check backward passes of your own, write them into a file like the part "The formulas" below, and
 *
 *     cc -O2 -DFORMULAS_FILE='"mine.c"' -o mine harness.c -lm
 *
 * It reads one JSON object a line from standard input and answers on standard output; print what you like
 * to standard error. Numbers are copied as bytes, so this needs a little-endian machine.
 */

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined SINGLE || defined HALF || defined BFLOAT16
typedef float real;
#else
typedef double real;
#endif

#ifdef SINGLE
#define DTYPE "<f4"
#elif defined HALF
#define DTYPE "<f2"
#elif defined BFLOAT16
#define DTYPE "bfloat16"
#else
#define DTYPE "<f8"
#endif

#if defined HALF || defined BFLOAT16
#define WIDTH 2 /* bytes of a number in the protocol */
#else
#define WIDTH sizeof(real)
#endif

#ifdef WRONG
#define TWIN(right, wrong) (0 ? (right) : (wrong))
#else
#define TWIN(right, wrong) (right)
#endif

#define MAX_ARRAYS 32
#define MAX_RANK 8

typedef struct {
    char name[64];
    size_t rank, shape[MAX_RANK], size;
    real *data; /* in C order */
    int stated; /* of a gradient: whether the formula filled it */
} Array;

typedef struct {
    int count;
    Array input[MAX_ARRAYS], gradient[MAX_ARRAYS], delta;
} Case;

typedef struct {
    const char *name;
    void (*backward)(Case *);
} Formula;

static void fail(const char *format, ...);

static Array *find(Case *c, Array *among, const char *name) {
    for (int i = 0; i < c->count; i++)
        if (strcmp(c->input[i].name, name) == 0) return &among[i];
    fail("the case has no input %s", name);
    return NULL;
}

static Array *input(Case *c, const char *name) { return find(c, c->input, name); }

static Array *gradient(Case *c, const char *name) {
    Array *g = find(c, c->gradient, name);
    g->stated = 1;
    return g;
}

/* ---- The formulas ------------------------------------------------------------------------------
 *
 * input(c, "W") is an array of the case; gradient(c, "W") is a new one of the same shape, all zeros, to be
 * filled with dJ/dW; c->delta is dJ/dz, of the shape of the output. A gradient that is never asked for is
 * reported as not computed.
 */

#ifdef FORMULAS_FILE
#include FORMULAS_FILE
#else

static void identity(Case *c) { /* z = x */
    Array *dx = gradient(c, "x");
    for (size_t i = 0; i < dx->size; i++) dx->data[i] = TWIN(c->delta.data[i], -c->delta.data[i]);
}

static void wx(Case *c) { /* z = W x */
    Array *W = input(c, "W"), *x = input(c, "x"), *dW = gradient(c, "W"), *dx = gradient(c, "x");
    size_t n = W->shape[0], m = W->shape[1];
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < m; j++) {
            dW->data[TWIN(i * m + j, j * n + i)] = c->delta.data[i] * x->data[j];
            dx->data[j] += W->data[i * m + j] * c->delta.data[i];
        }
}

static void xw_batch(Case *c) { /* z = x W, one example a row */
    Array *x = input(c, "x"), *W = input(c, "W"), *dx = gradient(c, "x"), *dW = gradient(c, "W");
    size_t k = x->shape[0], m = W->shape[0], n = W->shape[1];
    for (size_t r = 0; r < TWIN(k, 1); r++)
        for (size_t i = 0; i < m; i++)
            for (size_t j = 0; j < n; j++) dW->data[i * n + j] += x->data[r * m + i] * c->delta.data[r * n + j];
    for (size_t r = 0; r < k; r++)
        for (size_t i = 0; i < m; i++)
            for (size_t j = 0; j < n; j++) dx->data[r * m + i] += c->delta.data[r * n + j] * W->data[i * n + j];
}

static void layer(Case *c) { /* z = w a + b */
    Array *w = input(c, "w"), *a = input(c, "a");
    Array *dw = gradient(c, "w"), *da = gradient(c, "a"), *db = gradient(c, "b");
    size_t n = w->shape[0], m = w->shape[1];
    for (size_t i = 0; i < n; i++) {
        db->data[i] = TWIN(c->delta.data[i], 1);
        for (size_t j = 0; j < m; j++) {
            dw->data[i * m + j] = c->delta.data[i] * a->data[j];
            da->data[j] += w->data[i * m + j] * c->delta.data[i];
        }
    }
}

static void sigmoid(Case *c) {
    Array *z = input(c, "z"), *dz = gradient(c, "z");
    for (size_t i = 0; i < z->size; i++) {
        real a = 1 / (1 + (real)exp(-z->data[i]));
        dz->data[i] = c->delta.data[i] * TWIN(a * (1 - a), 1);
    }
}

static void relu(Case *c) {
    Array *z = input(c, "z"), *dz = gradient(c, "z");
    for (size_t i = 0; i < z->size; i++)
        dz->data[i] = TWIN(z->data[i] > 0, z->data[i] < 0) ? c->delta.data[i] : 0;
}

static void tanh_vjp(Case *c) {
    Array *z = input(c, "z"), *dz = gradient(c, "z");
    for (size_t i = 0; i < z->size; i++) {
        real a = (real)tanh(z->data[i]), b = TWIN(a, (real)tanh(a));
        dz->data[i] = c->delta.data[i] * (1 - b * b);
    }
}

static void mse(Case *c) { /* C = mean of (s - y)^2; y is data */
    Array *s = input(c, "s"), *y = input(c, "y"), *ds = gradient(c, "s");
    for (size_t i = 0; i < s->size; i++)
        ds->data[i] = c->delta.data[0] * 2 * (s->data[i] - y->data[i]) / TWIN((real)s->size, 1);
}

static void softmax_cross_entropy(Case *c) { /* of logits s and one-hot y, which is data */
    Array *s = input(c, "s"), *y = input(c, "y"), *ds = gradient(c, "s");
    real largest = -INFINITY, sum = 0;
    for (size_t i = 0; i < s->size; i++) largest = s->data[i] > largest ? s->data[i] : largest;
    for (size_t i = 0; i < s->size; i++) sum += (real)exp(s->data[i] - largest);
    for (size_t i = 0; i < s->size; i++) {
        real p = (real)exp(s->data[i] - largest) / sum;
        ds->data[i] = c->delta.data[0] * TWIN(p - y->data[i], y->data[i] - p);
    }
}

static const Formula FORMULAS[] = {
    {"identity", identity}, {"wx", wx},     {"xw_batch", xw_batch}, {"layer", layer},
    {"sigmoid", sigmoid},   {"relu", relu}, {"tanh", tanh_vjp},     {"mse", mse},
    {"softmax_cross_entropy", softmax_cross_entropy},
};

#endif
#define COUNT (sizeof FORMULAS / sizeof *FORMULAS)

/* ---- JSON, as much as the protocol needs ------------------------------------------------------- */

static const char *at; /* where the scanner is in the line */

static void skip_blanks(void) {
    while (*at == ' ' || *at == '\t' || *at == '\r' || *at == '\n') at++;
}

static int take(char wanted) {
    skip_blanks();
    if (*at != wanted) return 0;
    at++;
    return 1;
}

static void need(char wanted) {
    if (!take(wanted)) fail("expected %c at: %.20s", wanted, at);
}

/* The next string, without its quotes: its start, and its length. None that is read here has escapes. */
static const char *text(size_t *length) {
    need('"');
    const char *start = at;
    while (*at && *at != '"') at += *at == '\\' && at[1] ? 2 : 1;
    *length = (size_t)(at - start);
    need('"');
    return start;
}

static int is(const char *start, size_t length, const char *word) {
    return strlen(word) == length && memcmp(start, word, length) == 0;
}

static void copy(char *to, size_t room, const char *start, size_t length) {
    if (length >= room) fail("a name of %zu bytes is too long", length);
    memcpy(to, start, length);
    to[length] = 0;
}

static long long integer(void) {
    char *end;
    skip_blanks();
    long long value = strtoll(at, &end, 10);
    if (end == at) fail("expected an integer at: %.20s", at);
    at = end;
    return value;
}

static void skip_value(void) {
    size_t length;
    skip_blanks();
    if (*at == '"') {
        text(&length);
    } else if (take('{')) {
        if (take('}')) return;
        do {
            text(&length);
            need(':');
            skip_value();
        } while (take(','));
        need('}');
    } else if (take('[')) {
        if (take(']')) return;
        do skip_value();
        while (take(','));
        need(']');
    } else {
        at += strcspn(at, ",]} \t\r\n");
    }
}

/* ---- Arrays: base64 of little-endian numbers --------------------------------------------------- */

static const char DIGITS[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static void *room(size_t bytes) {
    void *block = calloc(bytes ? bytes : 1, 1);
    if (!block) {
        fprintf(stderr, "out of memory\n");
        exit(1);
    }
    return block;
}

static void decode(const char *start, size_t length, unsigned char *to, size_t bytes) {
    static unsigned char value[256];
    if (!value['B'])
        for (size_t i = 0; i < 64; i++) value[(unsigned char)DIGITS[i]] = (unsigned char)i;
    if (length != (bytes + 2) / 3 * 4) fail("b64 has %zu letters, expected %zu", length, (bytes + 2) / 3 * 4);
    for (size_t i = 0, out = 0; i < length; i += 4) {
        unsigned long group = 0;
        for (size_t k = 0; k < 4; k++) group = group << 6 | value[(unsigned char)start[i + k]];
        for (int k = 16; k >= 0 && out < bytes; k -= 8) to[out++] = (unsigned char)(group >> k);
    }
}

static void print_b64(const unsigned char *from, size_t bytes) {
    for (size_t i = 0; i < bytes; i += 3) {
        unsigned long group = (unsigned long)from[i] << 16;
        if (i + 1 < bytes) group |= (unsigned long)from[i + 1] << 8;
        if (i + 2 < bytes) group |= from[i + 2];
        putchar(DIGITS[group >> 18 & 63]);
        putchar(DIGITS[group >> 12 & 63]);
        putchar(i + 1 < bytes ? DIGITS[group >> 6 & 63] : '=');
        putchar(i + 2 < bytes ? DIGITS[group & 63] : '=');
    }
}

#ifdef HALF
static float widened(unsigned short bits) {
    int exponent = bits >> 10 & 31, digits = bits & 1023;
    float size = exponent == 0 ? ldexpf((float)digits, -24) : ldexpf((float)(digits + 1024), exponent - 25);
    if (exponent == 31) size = digits ? NAN : INFINITY;
    return bits & 0x8000 ? -size : size;
}

static unsigned short narrowed(float value) { /* to nearest, of two the even one */
    unsigned int bits, sign, digits, rest, middle, shift = 13, found;
    memcpy(&bits, &value, sizeof bits);
    sign = bits >> 16 & 0x8000;
    digits = bits & 0x7fffff;
    int exponent = (int)(bits >> 23 & 255) - 112;
    if (exponent == 143) return (unsigned short)(sign | 0x7c00 | (digits ? 0x200 : 0));
    if (exponent >= 31) return (unsigned short)(sign | 0x7c00);
    if (exponent < -10) return (unsigned short)sign;
    if (exponent <= 0) { /* a subnormal number */
        digits |= 0x800000;
        shift = (unsigned int)(14 - exponent);
        exponent = 0;
    }
    found = (unsigned int)exponent << 10 | digits >> shift;
    rest = digits & ((1u << shift) - 1);
    middle = 1u << (shift - 1);
    return (unsigned short)(sign | (found + (rest > middle || (rest == middle && (found & 1)))));
}
#elif defined BFLOAT16
static float widened(unsigned short bits) {
    unsigned int wide = (unsigned int)bits << 16;
    float value;
    memcpy(&value, &wide, sizeof value);
    return value;
}

static unsigned short narrowed(float value) { /* to nearest, of two the even one */
    unsigned int bits;
    memcpy(&bits, &value, sizeof bits);
    if (value != value) return 0x7fc0;
    return (unsigned short)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}
#endif

/* Numbers as they came, or as they go, in place: two bytes each stand for a float in 16 bits. */
static void widen(real *data, size_t size) {
#if defined HALF || defined BFLOAT16
    for (size_t i = size; i-- > 0;) {
        unsigned short bits;
        memcpy(&bits, (unsigned char *)data + 2 * i, 2);
        data[i] = widened(bits);
    }
#else
    (void)data, (void)size;
#endif
}

static void narrow(real *data, size_t size) {
#if defined HALF || defined BFLOAT16
    for (size_t i = 0; i < size; i++) {
        unsigned short bits = narrowed(data[i]);
        memcpy((unsigned char *)data + 2 * i, &bits, 2);
    }
#else
    (void)data, (void)size;
#endif
}

static void read_array(Array *a) {
    const char *b64 = NULL, *start;
    size_t length, letters = 0;
    int known = 0, integers = 0;
    need('{');
    do {
        start = text(&length);
        need(':');
        if (is(start, length, "dtype")) {
            start = text(&length);
            integers = is(start, length, "<i8"); /* labels, indices */
            known = integers || is(start, length, DTYPE);
        } else if (is(start, length, "shape")) {
            need('[');
            a->rank = 0;
            a->size = 1;
            if (!take(']')) {
                do {
                    if (a->rank == MAX_RANK) fail("an array of more than %d axes", MAX_RANK);
                    a->shape[a->rank] = (size_t)integer();
                    a->size *= a->shape[a->rank++];
                } while (take(','));
                need(']');
            }
        } else if (is(start, length, "b64")) {
            b64 = text(&letters);
        } else {
            skip_value();
        }
    } while (take(','));
    need('}');
    if (!known) fail("the dtype of %s is not %s", a->name, DTYPE);
    if (!b64) fail("%s has no b64", a->name);
    a->data = room(a->size * sizeof(long long));
    decode(b64, letters, (unsigned char *)a->data, a->size * (integers ? sizeof(long long) : WIDTH));
    if (!integers) widen(a->data, a->size);
    for (size_t i = 0; integers && i < a->size; i++) {
        long long whole; /* at least as large as the real that takes its place */
        memcpy(&whole, (unsigned char *)a->data + i * sizeof whole, sizeof whole);
        a->data[i] = (real)whole;
    }
}

/* ---- The conversation -------------------------------------------------------------------------- */

static Case current;
static long long seq;
static char problem[256];

static jmp_buf give_up;

/* Leave the case: it is answered with this message, and the next line is read. */
static void fail(const char *format, ...) {
    va_list values;
    va_start(values, format);
    vsnprintf(problem, sizeof problem, format, values);
    va_end(values);
    longjmp(give_up, 1);
}

static void read_case(char *formula, size_t room_for_it) {
    const char *start;
    size_t length;
    need('{');
    do {
        start = text(&length);
        need(':');
        if (is(start, length, "formula")) {
            start = text(&length);
            copy(formula, room_for_it, start, length);
        } else if (is(start, length, "delta")) {
            strcpy(current.delta.name, "delta");
            read_array(&current.delta);
        } else if (is(start, length, "inputs")) {
            need('{');
            if (take('}')) continue;
            do {
                if (current.count == MAX_ARRAYS) fail("more than %d inputs", MAX_ARRAYS);
                Array *a = &current.input[current.count];
                start = text(&length);
                copy(a->name, sizeof a->name, start, length);
                need(':');
                read_array(a);
                current.gradient[current.count] = *a;
                current.gradient[current.count++].data = room(a->size * sizeof(real));
            } while (take(','));
            need('}');
        } else {
            skip_value();
        }
    } while (take(','));
    need('}');
}

static void answer(void) {
    printf("{\"seq\":%lld,\"gradients\":{", seq);
    for (int i = 0; i < current.count; i++) {
        Array *g = &current.gradient[i];
        printf("%s\"%s\":", i ? "," : "", g->name);
        if (!g->stated) {
            printf("null");
            continue;
        }
        printf("{\"dtype\":\"%s\",\"shape\":[", DTYPE);
        for (size_t k = 0; k < g->rank; k++) printf("%s%zu", k ? "," : "", g->shape[k]);
        printf("],\"b64\":\"");
        narrow(g->data, g->size);
        print_b64((unsigned char *)g->data, g->size * WIDTH);
        printf("\"}");
    }
    printf("}}\n");
}

static void run(char *formula) {
    for (size_t i = 0; i < COUNT; i++)
        if (strcmp(FORMULAS[i].name, formula) == 0) {
            FORMULAS[i].backward(&current);
            answer();
            return;
        }
    printf("{\"seq\":%lld,\"skipped\":true,\"message\":\"this program does not know the formula\"}\n", seq);
}

static void start(void) {
    printf("{\"version\":1,\"implementation\":{\"name\":\"harness.c\",\"language\":\"C\"},");
    printf("\"capabilities\":{\"formulas\":[");
    for (size_t i = 0; i < COUNT; i++) printf("%s\"%s\"", i ? "," : "", FORMULAS[i].name);
    printf("],\"dtypes\":[\"%s\"]}}\n", DTYPE);
}

/* One line of any length, or NULL at the end. The block is kept and grows. */
static char *read_line(void) {
    static char *line;
    static size_t size;
    size_t used = 0;
    for (;;) {
        if (size - used < 2) {
            size = size ? 2 * size : 1 << 16;
            line = realloc(line, size);
            if (!line) exit(1);
        }
        if (!fgets(line + used, (int)(size - used < 1 << 30 ? size - used : 1 << 30), stdin))
            return used ? line : NULL;
        used += strlen(line + used);
        if (line[used - 1] == '\n') return line;
    }
}

static void forget(void) {
    for (int i = 0; i < MAX_ARRAYS; i++) {
        free(current.input[i].data);
        free(current.gradient[i].data);
    }
    free(current.delta.data);
    memset(&current, 0, sizeof current);
}

/* Answer the line that the scanner stands at; 0 after stop. */
static int handle(void) {
    static char command[16], formula[64];
    command[0] = formula[0] = 0;
    seq = -1;
    if (setjmp(give_up)) { /* fail() comes back here */
        for (char *p = problem; *p; p++)
            if (*p == '"' || *p == '\\' || (unsigned char)*p < ' ') *p = '\'';
        printf("{\"seq\":%lld,\"errored\":true,\"message\":\"%s\"}\n", seq, problem);
        return 1;
    }
    need('{');
    do {
        size_t length;
        const char *start = text(&length);
        need(':');
        if (is(start, length, "cmd")) {
            start = text(&length);
            copy(command, sizeof command, start, length);
        } else if (is(start, length, "seq")) {
            seq = integer();
        } else if (is(start, length, "case")) {
            read_case(formula, sizeof formula);
        } else {
            skip_value();
        }
    } while (take(','));
    need('}');
    if (strcmp(command, "stop") == 0) return 0;
    if (strcmp(command, "start") == 0)
        start();
    else if (strcmp(command, "run") == 0)
        run(formula);
    else
        fail("the command %s is not known", command);
    return 1;
}

int main(void) {
    while ((at = read_line()) && handle()) {
        forget();
        fflush(stdout);
    }
    return 0;
}
