/* One connection of libcurl, kept or made anew for every call, for so many seconds: prints calls and the median of a
 * call in nanoseconds. The few declarations that it needs are written out, so that no header package is needed.
 * Usage: libcurl URL METHOD SECONDS kept|anew */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef void CURL;
CURL *curl_easy_init(void);
int curl_easy_setopt(CURL *, int, ...);
int curl_easy_perform(CURL *);
void curl_easy_cleanup(CURL *);
int curl_global_init(long);

enum { WRITEDATA = 10001, URL = 10002, POSTFIELDS = 10015, WRITEFUNCTION = 20011, HEADERFUNCTION = 20079,
       HEADERDATA = 10029, NOPROXY = 10177 };

struct text { char *bytes; size_t length, room; };

static size_t take(char *from, size_t size, size_t count, void *into) {
    struct text *text = into;
    size_t more = size * count;
    if (text->length + more > text->room) {
        text->room = (text->length + more) * 2;
        text->bytes = realloc(text->bytes, text->room);
    }
    memcpy(text->bytes + text->length, from, more);
    text->length += more;
    return more;
}

static long long now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static int by_size(const void *a, const void *b) {
    long long x = *(const long long *)a, y = *(const long long *)b;
    return (x > y) - (x < y);
}

static CURL *prepare(char **argv, struct text *body, struct text *head) {
    CURL *curl = curl_easy_init();
    curl_easy_setopt(curl, URL, argv[1]);
    curl_easy_setopt(curl, NOPROXY, "*");
    curl_easy_setopt(curl, WRITEFUNCTION, take);
    curl_easy_setopt(curl, WRITEDATA, body);
    curl_easy_setopt(curl, HEADERFUNCTION, take);
    curl_easy_setopt(curl, HEADERDATA, head);
    if (!strcmp(argv[2], "post")) curl_easy_setopt(curl, POSTFIELDS, argv[5]);
    return curl;
}

int main(int argc, char **argv) {
    if (argc != 6) return 2;
    struct text body = {0}, head = {0};
    size_t calls = 0, room = 1 << 16;
    long long *spans = malloc(room * sizeof *spans);
    int kept = !strcmp(argv[4], "kept");
    curl_global_init(3);
    CURL *curl = prepare(argv, &body, &head);
    long long begun = now(), end = begun + (long long)(atof(argv[3]) * 1e9);
    for (long long at = begun; at < end;) {
        if (!kept) { curl_easy_cleanup(curl); curl = prepare(argv, &body, &head); }
        body.length = head.length = 0;
        if (curl_easy_perform(curl)) return 1;
        long long then = now();
        if (calls == room) spans = realloc(spans, (room *= 2) * sizeof *spans);
        spans[calls++] = then - at;
        at = then;
    }
    qsort(spans, calls, sizeof *spans, by_size);
    printf("%zu %lld %lld\n", calls, now() - begun, spans[calls / 2]);
    return 0;
}
