/* hongyan.h - Hongyan for C: HTTP and mail functions, messages to a gateway or into a local outbox.
 *
 *   cc -std=c99 program.c -lhongyan
 *
 * Texts in:    UTF-8, terminated by NUL, read during the call only. NULL is an argument left out; where one is needed,
 *              NULL is an error.
 * Texts out:   UTF-8, terminated by NUL, owned by the result or error that they come from.
 * Results:     a function that returns hongyan_result_t* returns NULL on error. Free each with hongyan_free_result.
 * Errors:      `error` may be NULL; else *error is overwritten: NULL on success, else an error to be freed with
 *              hongyan_free_error. An error that is still in *error before a call is lost, not freed.
 * Handles:     a handle is a number in disguise. NULL, a closed handle and a handle that never was are errors
 *              (HONGYAN_E_CLOSED) and nothing worse.
 * Threads:     every function may be called from any thread, with the same handle too; calls block their own thread
 *              only. A result or an error may be read by several threads, and freed once, by one.
 * Fork:        a handle works in a child too: what runs behind it is made anew at the child's first call. Do not fork
 *              while another thread is inside a call and expect that call to end in the child.
 * Panics:      never cross; they become HONGYAN_E_INTERNAL.
 *
 * docs/c-abi.md has the whole story and an example.
 */
#ifndef HONGYAN_H
#define HONGYAN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Grows when something is added; a library of a greater version serves programs of a smaller one. */
#define HONGYAN_ABI_VERSION 1

typedef struct hongyan hongyan_t;
typedef struct hongyan_result hongyan_result_t;
typedef struct hongyan_error hongyan_error_t;

/* What hongyan_error_code says. */
enum {
    HONGYAN_OK = 0,
    HONGYAN_E_ARGUMENT = 1,    /* an argument is NULL, not UTF-8, or not what it has to be; nothing was sent */
    HONGYAN_E_SETTINGS = 2,    /* a setting is missing, such as the gateway's address; nothing was sent */
    HONGYAN_E_FORBIDDEN = 3,   /* a rule of the safe profile forbids it; nothing was sent */
    HONGYAN_E_UNREACHABLE = 4, /* nobody answers there */
    HONGYAN_E_NO_ANSWER = 5,   /* it may have arrived; no answer came in time. With a key: repeat with the same key */
    HONGYAN_E_REFUSED = 6,     /* the gateway or the mail server said no */
    HONGYAN_E_CLOSED = 7,      /* the handle is NULL, closed, or none */
    HONGYAN_E_CONFLICT = 8,    /* the key is in the outbox with another message */
    HONGYAN_E_STORAGE = 9,     /* the outbox's file cannot be read or written */
    HONGYAN_E_INTERNAL = 10    /* a fault of this library; please report it */
};

/* HONGYAN_ABI_VERSION of the library. Compare it once: at least the header's. */
uint32_t hongyan_abi_version(void);
/* The library's version, such as "0.1.0". Static; not to be freed. */
const char *hongyan_version(void);

/* Opens a handle. `options` is a JSON object or NULL: gateway, key, key_file, profile ("safe", "compatible"),
 * timeout_ms, max_body_bytes, ca_file, and the dangerous_ switches. Without them the environment counts
 * (HONGYAN_GATEWAY, HONGYAN_KEY, HONGYAN_KEY_FILE). Opens no connection. NULL on error. */
hongyan_t *hongyan_open(const char *options, hongyan_error_t **error);
/* Closes a handle. Calls that are under way in other threads end in peace. HONGYAN_OK or HONGYAN_E_CLOSED. */
int hongyan_close(hongyan_t *handle);
/* Changes an option. HONGYAN_OK or another code, which is *error's too. */
int hongyan_set(hongyan_t *handle, const char *name, const char *value, hongyan_error_t **error);

/* HTTP. Any status is a result. `params`: GET and DELETE: a query, or a JSON object whose values are encoded; POST and
 * PUT: the body as it is, or with {"form": true} in `config` a JSON object that becomes a form. `timeout_ms` 0: the
 * profile's. `headers`: "Name:value", or a JSON object. `config`: a JSON object with proxy, proxy_username,
 * proxy_password, form. All but `url` may be NULL. */
hongyan_result_t *hongyan_http_get(hongyan_t *handle, const char *url, const char *params, int64_t timeout_ms,
                                   const char *headers, const char *config, hongyan_error_t **error);
hongyan_result_t *hongyan_http_post(hongyan_t *handle, const char *url, const char *params, int64_t timeout_ms,
                                    const char *headers, const char *config, hongyan_error_t **error);
hongyan_result_t *hongyan_http_put(hongyan_t *handle, const char *url, const char *params, int64_t timeout_ms,
                                   const char *headers, const char *config, hongyan_error_t **error);
hongyan_result_t *hongyan_http_delete(hongyan_t *handle, const char *url, const char *params, int64_t timeout_ms,
                                      const char *headers, const char *config, hongyan_error_t **error);

/* Sends a mail. `recipient`: an address, or a JSON array of addresses. Either `subject` and `body`, or `msg`, a whole
 * message; the others NULL. The result's code is 250. */
hongyan_result_t *hongyan_send_email(hongyan_t *handle, const char *user, const char *password, const char *recipient,
                                     const char *subject, const char *body, const char *msg, hongyan_error_t **error);
/* Names the mail server for senders of a domain; `port` 0 is the usual one. HONGYAN_OK or another code. */
int hongyan_email_smtp_config(hongyan_t *handle, const char *domain, const char *host, uint32_t port,
                              hongyan_error_t **error);

/* Hands a message (JSON, as POST /v1/messages takes it) to the gateway. The result's text is the gateway's JSON. The
 * same `key` (1 to 255 visible ASCII characters, or NULL for none) with the same message is the same message. */
hongyan_result_t *hongyan_submit(hongyan_t *handle, const char *message, const char *key, hongyan_error_t **error);
/* What became of a message: the gateway's JSON. */
hongyan_result_t *hongyan_status(hongyan_t *handle, const char *id, hongyan_error_t **error);

/* Writes a message into the outbox table of a SQLite file, which `hongyan relay` delivers; file and table are made when
 * missing. On return it is on disk. The result's text is the key (any text of up to 1,000 bytes), or the row's own one
 * when `key` is NULL. */
hongyan_result_t *hongyan_enqueue(hongyan_t *handle, const char *path, const char *message, const char *key,
                                  hongyan_error_t **error);
/* What became of a message in such an outbox, by its key: JSON with id, key, state, message_id, error, settled. */
hongyan_result_t *hongyan_enqueued(hongyan_t *handle, const char *path, const char *key, hongyan_error_t **error);

/* The HTTP status, or the mail server's last reply; 0 where there is none. -1 for NULL. */
int hongyan_result_code(const hongyan_result_t *result);
/* The body, byte for byte, and its length: a NUL follows it, and may be in it. NULL for NULL. */
const char *hongyan_result_text(const hongyan_result_t *result);
size_t hongyan_result_text_len(const hongyan_result_t *result);
/* The raw block of headers; empty where there is none. NULL for NULL. */
const char *hongyan_result_headers(const hongyan_result_t *result);
/* Seconds from call to result. */
double hongyan_result_elapsed(const hongyan_result_t *result);
/* The whole as JSON: responseCode, text, headers, elapsed; of a mail userId and recipient too. NULL for NULL. */
const char *hongyan_result_json(const hongyan_result_t *result);
/* Frees a result; NULL is fine. */
void hongyan_free_result(hongyan_result_t *result);

/* One of the codes above; HONGYAN_OK for NULL. */
int hongyan_error_code(const hongyan_error_t *error);
/* What happened and what to do, in one sentence, without secrets. "" for NULL. */
const char *hongyan_error_message(const hongyan_error_t *error);
/* Frees an error; NULL is fine. */
void hongyan_free_error(hongyan_error_t *error);

#ifdef __cplusplus
}
#endif

#endif /* HONGYAN_H */
