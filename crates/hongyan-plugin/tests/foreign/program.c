/* Tries every function of hongyan.h, and what must not hurt. Arguments: the address of a server that echoes, the
 * gateway's address, its key, a folder; of the sandbox's mail server host, port, user, password and CA file. */
#include "hongyan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef WITH_THREADS
#include <pthread.h>
#endif

static int checks = 0;

#define CHECK(condition)                                                          \
    do {                                                                          \
        checks++;                                                                 \
        if (!(condition)) {                                                       \
            fprintf(stderr, "line %d: %s\n", __LINE__, #condition);               \
            exit(1);                                                              \
        }                                                                         \
    } while (0)

static void expect(hongyan_error_t **error, int code, const char *words) {
    if (hongyan_error_code(*error) != code || strstr(hongyan_error_message(*error), words) == NULL) {
        fprintf(stderr, "expected %d %s, got %d %s\n", code, words, hongyan_error_code(*error),
                hongyan_error_message(*error));
        exit(1);
    }
    checks++;
    hongyan_free_error(*error);
    *error = NULL;
}

static void try_http(hongyan_t *h, const char *base) {
    hongyan_error_t *error = NULL;
    hongyan_result_t *r;
    char url[256];

    snprintf(url, sizeof url, "%s/a", base);
    r = hongyan_http_get(h, url, "{\"q\": \"a b\"}", 5000, "X-One:1", NULL, &error);
    CHECK(r != NULL && error == NULL);
    CHECK(hongyan_result_code(r) == 200);
    CHECK(strstr(hongyan_result_text(r), "/a?q=a%20b") != NULL);
    CHECK(strlen(hongyan_result_text(r)) == hongyan_result_text_len(r));
    CHECK(strncmp(hongyan_result_headers(r), "HTTP/1.1 200", 12) == 0);
    CHECK(hongyan_result_elapsed(r) > 0.0);
    CHECK(strstr(hongyan_result_json(r), "\"responseCode\":200") != NULL);
    CHECK(hongyan_result_json(r) == hongyan_result_json(r));
    hongyan_free_result(r);

    r = hongyan_http_post(h, url, "{\"msgtype\":\"text\"}", 0, "{\"Content-Type\":\"application/json\"}", NULL, NULL);
    CHECK(r != NULL && strstr(hongyan_result_text(r), "msgtype") != NULL);
    hongyan_free_result(r);
    r = hongyan_http_put(h, url, "body", 0, NULL, NULL, NULL);
    CHECK(r != NULL && strstr(hongyan_result_text(r), "PUT") != NULL);
    hongyan_free_result(r);
    r = hongyan_http_delete(h, url, NULL, 0, NULL, NULL, NULL);
    CHECK(r != NULL && strstr(hongyan_result_text(r), "DELETE") != NULL);
    hongyan_free_result(r);

    snprintf(url, sizeof url, "%s/missing", base);
    r = hongyan_http_get(h, url, NULL, 0, NULL, NULL, &error);
    CHECK(hongyan_result_code(r) == 404 && error == NULL);
    hongyan_free_result(r);
    snprintf(url, sizeof url, "%s/bytes", base);
    r = hongyan_http_get(h, url, NULL, 0, NULL, NULL, NULL);
    CHECK(hongyan_result_text_len(r) == 4 && memcmp(hongyan_result_text(r), "a\0\377b", 5) == 0);
    hongyan_free_result(r);

    snprintf(url, sizeof url, "%s/slow", base);
    CHECK(hongyan_http_get(h, url, NULL, 300, NULL, NULL, &error) == NULL);
    expect(&error, HONGYAN_E_NO_ANSWER, "");
    CHECK(hongyan_http_get(h, "http://127.0.0.1:1/", NULL, 5000, NULL, NULL, &error) == NULL);
    expect(&error, HONGYAN_E_UNREACHABLE, "127.0.0.1:1");
}

static void try_mistakes(hongyan_t *h) {
    hongyan_error_t *error = NULL;
    hongyan_t *closed;

    CHECK(hongyan_http_get(NULL, "http://www.example.com/", NULL, 0, NULL, NULL, &error) == NULL);
    expect(&error, HONGYAN_E_CLOSED, "handle");
    CHECK(hongyan_http_get((hongyan_t *)0x30, "x", NULL, 0, NULL, NULL, &error) == NULL);
    expect(&error, HONGYAN_E_CLOSED, "handle");
    closed = hongyan_open(NULL, &error);
    CHECK(closed != NULL && closed != h && hongyan_close(closed) == HONGYAN_OK);
    CHECK(hongyan_close(closed) == HONGYAN_E_CLOSED && hongyan_close(NULL) == HONGYAN_E_CLOSED);
    CHECK(hongyan_status(closed, "m1", &error) == NULL);
    expect(&error, HONGYAN_E_CLOSED, "closed");
    CHECK(hongyan_set(closed, "gateway", "x", NULL) == HONGYAN_E_CLOSED);

    CHECK(hongyan_http_get(h, NULL, NULL, 0, NULL, NULL, &error) == NULL);
    expect(&error, HONGYAN_E_ARGUMENT, "url is NULL");
    CHECK(hongyan_http_get(h, "http://\377/", NULL, 0, NULL, NULL, &error) == NULL);
    expect(&error, HONGYAN_E_ARGUMENT, "url is not UTF-8");
    CHECK(hongyan_http_get(h, "http://www.example.com/", "\200", 0, NULL, NULL, &error) == NULL);
    expect(&error, HONGYAN_E_ARGUMENT, "params is not UTF-8");
    CHECK(hongyan_http_get(h, "http://www.example.com/", NULL, -1, NULL, NULL, &error) == NULL);
    expect(&error, HONGYAN_E_ARGUMENT, "Timeout");
    CHECK(hongyan_http_get(h, "http://www.example.com/", NULL, 0, NULL, "[]", &error) == NULL);
    expect(&error, HONGYAN_E_ARGUMENT, "config");
    CHECK(hongyan_submit(h, "{", NULL, &error) == NULL);
    expect(&error, HONGYAN_E_ARGUMENT, "not JSON");
    CHECK(hongyan_submit(h, "{}", NULL, NULL) == NULL);
    CHECK(hongyan_open("{\"colour\": 1}", &error) == NULL);
    expect(&error, HONGYAN_E_ARGUMENT, "colour");
    CHECK(hongyan_open("nonsense", &error) == NULL);
    expect(&error, HONGYAN_E_ARGUMENT, "options");
    CHECK(hongyan_set(h, "profile", "wild", &error) == HONGYAN_E_ARGUMENT);
    expect(&error, HONGYAN_E_ARGUMENT, "safe or compatible");
    CHECK(hongyan_send_email(h, "a@example.com", NULL, "b@example.com", "s", "b", NULL, &error) == NULL);
    expect(&error, HONGYAN_E_ARGUMENT, "password is NULL");
    CHECK(hongyan_email_smtp_config(h, "example.com", "mail.example.com", 70000, &error) == HONGYAN_E_ARGUMENT);
    expect(&error, HONGYAN_E_ARGUMENT, "70000");

    CHECK(hongyan_result_code(NULL) == -1 && hongyan_result_text(NULL) == NULL && hongyan_result_text_len(NULL) == 0);
    CHECK(hongyan_result_headers(NULL) == NULL && hongyan_result_json(NULL) == NULL);
    CHECK(hongyan_result_elapsed(NULL) <= 0.0);
    CHECK(hongyan_error_code(NULL) == HONGYAN_OK && hongyan_error_message(NULL)[0] == '\0');
    hongyan_free_result(NULL);
    hongyan_free_error(NULL);
}

static void try_messages(hongyan_t *h, const char *folder) {
    static const char *message = "{\"to\":[{\"userid\":\"zhangsan\"}],\"content\":{\"text\":\"from C\"}}";
    static const char *other = "{\"to\":[{\"userid\":\"zhangsan\"}],\"content\":{\"text\":\"other\"}}";
    hongyan_error_t *error = NULL;
    hongyan_result_t *r;
    char id[128];
    char path[1024];
    const char *start;

    r = hongyan_submit(h, message, "c-1", &error);
    CHECK(r != NULL && hongyan_result_code(r) == 202);
    start = strstr(hongyan_result_text(r), "\"id\":\"");
    CHECK(start != NULL);
    snprintf(id, sizeof id, "%.*s", (int)strcspn(start + 6, "\""), start + 6);
    hongyan_free_result(r);
    r = hongyan_submit(h, message, "c-1", &error);
    CHECK(r != NULL && strstr(hongyan_result_text(r), id) != NULL);
    hongyan_free_result(r);
    CHECK(hongyan_submit(h, other, "c-1", &error) == NULL);
    expect(&error, HONGYAN_E_REFUSED, "idempotency");
    r = hongyan_status(h, id, &error);
    CHECK(r != NULL && strstr(hongyan_result_text(r), "\"state\"") != NULL);
    hongyan_free_result(r);
    CHECK(hongyan_status(h, "m-none", &error) == NULL);
    expect(&error, HONGYAN_E_REFUSED, "404");

    snprintf(path, sizeof path, "%s/outbox.db", folder);
    CHECK(hongyan_enqueued(h, path, "k1", &error) == NULL);
    expect(&error, HONGYAN_E_STORAGE, "");
    r = hongyan_enqueue(h, path, message, "k1", &error);
    CHECK(r != NULL && strcmp(hongyan_result_text(r), "k1") == 0);
    hongyan_free_result(r);
    r = hongyan_enqueue(h, path, message, "k1", &error);
    CHECK(r != NULL);
    hongyan_free_result(r);
    CHECK(hongyan_enqueue(h, path, other, "k1", &error) == NULL);
    expect(&error, HONGYAN_E_CONFLICT, "another message");
    r = hongyan_enqueue(h, path, message, NULL, &error);
    CHECK(r != NULL && hongyan_result_text_len(r) == 32);
    hongyan_free_result(r);
    r = hongyan_enqueued(h, path, "k1", &error);
    CHECK(r != NULL && strstr(hongyan_result_text(r), "\"state\":\"waiting\"") != NULL);
    hongyan_free_result(r);
    CHECK(hongyan_enqueued(h, path, "k2", &error) == NULL);
    expect(&error, HONGYAN_E_REFUSED, "no row");
    CHECK(hongyan_enqueue(h, "/nowhere/at/all.db", message, NULL, &error) == NULL);
    expect(&error, HONGYAN_E_STORAGE, "");
    CHECK(hongyan_enqueue(h, path, "{\"to\":[]}", NULL, &error) == NULL);
    expect(&error, HONGYAN_E_ARGUMENT, "field");
    CHECK(hongyan_enqueue(h, path, message, "", &error) == NULL);
    expect(&error, HONGYAN_E_ARGUMENT, "key");
}

static void try_mail(hongyan_t *h, char **mail) {
    hongyan_error_t *error = NULL;
    hongyan_result_t *r;
    char many[512];

    CHECK(hongyan_set(h, "ca_file", mail[4], &error) == HONGYAN_OK && error == NULL);
    CHECK(hongyan_email_smtp_config(h, strchr(mail[2], '@') + 1, mail[0], (uint32_t)atoi(mail[1]), &error) == HONGYAN_OK);
    r = hongyan_send_email(h, mail[2], mail[3], mail[2], "subject", "<p>body</p>", NULL, &error);
    CHECK(r != NULL && hongyan_result_code(r) == 250);
    CHECK(strstr(hongyan_result_json(r), "\"userId\"") != NULL);
    hongyan_free_result(r);
    snprintf(many, sizeof many, "[\"%s\", \"%s\"]", mail[2], mail[2]);
    r = hongyan_send_email(h, mail[2], mail[3], many, "subject", "body", NULL, &error);
    CHECK(r != NULL && hongyan_result_code(r) == 250);
    hongyan_free_result(r);
    CHECK(hongyan_send_email(h, mail[2], "wrong-canary", mail[2], "s", "b", NULL, &error) == NULL);
    CHECK(strstr(hongyan_error_message(error), "wrong-canary") == NULL);
    expect(&error, HONGYAN_E_REFUSED, "");
}

#ifdef WITH_THREADS
static hongyan_t *shared;
static char shared_url[256];

static void *work(void *unused) {
    int i;
    (void)unused;
    for (i = 0; i < 10; i++) {
        hongyan_error_t *error = NULL;
        hongyan_result_t *r = hongyan_http_get(shared, shared_url, NULL, 10000, NULL, NULL, &error);
        /* The handle is closed half-way: then it says so. */
        if (r == NULL && hongyan_error_code(error) != HONGYAN_E_CLOSED) {
            fprintf(stderr, "thread: %s\n", hongyan_error_message(error));
            exit(1);
        }
        hongyan_free_result(r);
        hongyan_free_error(error);
    }
    return NULL;
}

static void try_threads(const char *base) {
    pthread_t threads[8];
    int i;

    snprintf(shared_url, sizeof shared_url, "%s/t", base);
    shared = hongyan_open("{\"dangerous_private_addresses\": true}", NULL);
    CHECK(shared != NULL);
    for (i = 0; i < 8; i++) CHECK(pthread_create(&threads[i], NULL, work, NULL) == 0);
    CHECK(hongyan_close(shared) == HONGYAN_OK);
    for (i = 0; i < 8; i++) pthread_join(threads[i], NULL);
}
#endif

int main(int argc, char **argv) {
    hongyan_error_t *error = NULL;
    hongyan_t *h;
    char options[1024];

    if (argc != 10) return 2;
    CHECK(hongyan_abi_version() >= HONGYAN_ABI_VERSION);
    CHECK(strlen(hongyan_version()) > 0);
    snprintf(options, sizeof options, "{\"gateway\": \"%s\", \"key\": \"%s\"}", argv[2], argv[3]);
    h = hongyan_open(options, &error);
    CHECK(h != NULL && error == NULL);
    CHECK(hongyan_http_get(h, argv[1], NULL, 0, NULL, NULL, &error) == NULL);
    expect(&error, HONGYAN_E_FORBIDDEN, "dangerous_private_addresses");
    CHECK(hongyan_set(h, "dangerous_private_addresses", "on", &error) == HONGYAN_OK);
    try_http(h, argv[1]);
    try_mistakes(h);
    try_messages(h, argv[4]);
    try_mail(h, argv + 5);
#ifdef WITH_THREADS
    try_threads(argv[1]);
#endif
    CHECK(hongyan_close(h) == HONGYAN_OK);
    printf("%d checks\n", checks);
    return 0;
}
