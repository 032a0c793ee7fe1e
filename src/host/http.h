/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One text, served over HTTP to whoever asks. A thread does that, so that no client, however slow, holds up who
 * makes the text; clients are few at a time, and each has a few seconds.
 */
#ifndef FDPASS_HTTP_H
#define FDPASS_HTTP_H

#include <stddef.h>
#include <sys/socket.h>

struct http;

#define HTTP_REASON_MAX 256

/* A socket's address. */
struct http_address {
	struct sockaddr_storage storage;
	socklen_t size;
};

/*
 * "127.0.0.1:9741" or "[::1]:9741", in numbers; port 0: any that is free. Returns 0, or -EINVAL: it is none.
 */
int http_parse_address(struct http_address *ret, const char *text);

/*
 * Have a socket listen, and what serves it ready, with the privileges of now. Nobody is answered yet. What will be
 * served has this type, which is borrowed. Returns 0, or a negative errno with a sentence in `reason` (no newline).
 */
int http_new(struct http **ret, const struct http_address *address, const char *content_type,
	     char reason[HTTP_REASON_MAX]);
/* Ends all connections. Accepts NULL, returns NULL. */
struct http *http_free(struct http *http);

/* Begin to answer, with the privileges of now, once there is a text. Returns 0 or a negative errno. */
int http_start(struct http *http);
/*
 * This is what is served at /metrics from now on. It is copied. Call it again and again: it ends the
 * connections whose time is up as well. Never waits: what is being served just now may stay for this once.
 */
void http_publish(struct http *http, const void *text, size_t size);

/* The address that it listens on, as in a URL: with the port that was free. */
void http_print_address(const struct http *http, char *ret, size_t size);

#endif
