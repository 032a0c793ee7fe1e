// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One text over HTTP, by libmicrohttpd. That library is loaded when it is needed, and not linked: GnuTLS and six
 * more come with it, which takes each run of fdpass 10 MiB of address space, and more time than all else at its
 * begin.
 */
#include "host/http.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/array.h"
#include "host/clock.h"
#include "host/priority.h"

#define LIBRARY "libmicrohttpd.so.12"

/* Prometheus has one connection, and a person or two may look. */
#define CLIENTS_MOST 16
/* From the begin of a connection to its end, however busy it is. */
#define CLIENT_NS (5 * NSEC_PER_SEC)
/* Without a byte. */
#define SILENCE_S 2U
/* Of a request. */
#define REQUEST_BYTES ((size_t)8192)

/* What is used of the library: its functions, by their names there without MHD_. */
struct library {
	void *handle;
	__typeof__(MHD_start_daemon) *start_daemon;
	__typeof__(MHD_stop_daemon) *stop_daemon;
	__typeof__(MHD_create_response_from_buffer) *create_response_from_buffer;
	__typeof__(MHD_add_response_header) *add_response_header;
	__typeof__(MHD_queue_response) *queue_response;
	__typeof__(MHD_destroy_response) *destroy_response;
	__typeof__(MHD_get_connection_info) *get_connection_info;
};

struct client {
	int fd;
	uint64_t since_ns;
};

struct http {
	struct library library;
	int fd; /* that listens; -1: the library has it */
	struct http_address address;
	struct MHD_Daemon *daemon; /* NULL: nobody is answered yet */
	const char *content_type;
	struct MHD_Response *page, *not_found, *not_allowed;
	pthread_mutex_t lock; /* of what follows, which both threads have */
	struct MHD_Response *text;
	struct client clients[CLIENTS_MOST];
	size_t nr_clients;
};

static const char page[] =
	"<!DOCTYPE html><title>fdpass</title><p>fdpass: <a href=\"/metrics\">metrics</a>\n";
static const char not_found[] = "There is /metrics, and nothing else.\n";
static const char not_allowed[] = "There is GET and HEAD, and nothing else.\n";

/* Addresses */

static bool parse_port(const char *text, in_port_t *ret)
{
	unsigned int port = 0;
	size_t size = strlen(text);

	if (size == 0 || size > 5 || strspn(text, "0123456789") != size)
		return false;
	while (*text)
		port = 10 * port + (unsigned int)(*text++ - '0');
	*ret = htons((in_port_t)port);
	return port <= UINT16_MAX;
}

int http_parse_address(struct http_address *ret, const char *text)
{
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)&ret->storage;
	struct sockaddr_in *four = (struct sockaddr_in *)&ret->storage;
	const char *colon = strrchr(text, ':');
	char host[INET6_ADDRSTRLEN + 1] = "";
	size_t size;

	*ret = (struct http_address){};
	if (!colon || (size = (size_t)(colon - text)) >= sizeof(host))
		return -EINVAL;
	memcpy(host, text, size);
	if (inet_pton(AF_INET, host, &four->sin_addr) == 1) {
		four->sin_family = AF_INET;
		ret->size = sizeof(*four);
		return parse_port(colon + 1, &four->sin_port) ? 0 : -EINVAL;
	}
	if (size < 2 || host[0] != '[' || host[size - 1] != ']')
		return -EINVAL;
	host[size - 1] = '\0';
	if (inet_pton(AF_INET6, host + 1, &six->sin6_addr) != 1)
		return -EINVAL;
	six->sin6_family = AF_INET6;
	ret->size = sizeof(*six);
	return parse_port(colon + 1, &six->sin6_port) ? 0 : -EINVAL;
}

static void print_address(const struct http_address *address, char *ret, size_t size)
{
	const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)&address->storage;
	const struct sockaddr_in *four = (const struct sockaddr_in *)&address->storage;
	char host[INET6_ADDRSTRLEN];

	if (address->storage.ss_family == AF_INET)
		snprintf(ret, size, "%s:%u",
			 inet_ntop(AF_INET, &four->sin_addr, host, sizeof(host)),
			 ntohs(four->sin_port));
	else
		snprintf(ret, size, "[%s]:%u",
			 inet_ntop(AF_INET6, &six->sin6_addr, host, sizeof(host)),
			 ntohs(six->sin6_port));
}

void http_print_address(const struct http *http, char *ret, size_t size)
{
	print_address(&http->address, ret, size);
}

/* The begin */

static int load_library(struct library *library, char reason[HTTP_REASON_MAX])
{
	const struct {
		const char *name;
		void *function;
	} functions[] = {
		{ "MHD_start_daemon", &library->start_daemon },
		{ "MHD_stop_daemon", &library->stop_daemon },
		{ "MHD_create_response_from_buffer", &library->create_response_from_buffer },
		{ "MHD_add_response_header", &library->add_response_header },
		{ "MHD_queue_response", &library->queue_response },
		{ "MHD_destroy_response", &library->destroy_response },
		{ "MHD_get_connection_info", &library->get_connection_info },
	};

	library->handle = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
	for (size_t i = 0; i < ARRAY_SIZE(functions); i++) {
		void *found = library->handle ? dlsym(library->handle, functions[i].name) : NULL;

		if (!found) {
			snprintf(reason, HTTP_REASON_MAX,
				 "serving needs " LIBRARY " (Debian: libmicrohttpd12): %s",
				 dlerror());
			return -ENOENT;
		}
		memcpy(functions[i].function, &found, sizeof(found));
	}
	return 0;
}

static int open_socket(struct http *http)
{
	const int yes = 1;

	http->fd = socket(http->address.storage.ss_family,
			  SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (http->fd < 0)
		return -errno;
	/* What an earlier run has served may linger. */
	setsockopt(http->fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	if (bind(http->fd, (struct sockaddr *)&http->address.storage, http->address.size) < 0 ||
	    listen(http->fd, CLIENTS_MOST) < 0 ||
	    getsockname(http->fd, (struct sockaddr *)&http->address.storage, &http->address.size) <
		    0)
		return -errno;
	return 0;
}

int http_new(struct http **ret, const struct http_address *address, const char *content_type,
	     char reason[HTTP_REASON_MAX])
{
	struct http *http = calloc(1, sizeof(*http));
	char text[INET6_ADDRSTRLEN + 16];
	int r;

	if (!http) {
		snprintf(reason, HTTP_REASON_MAX, "%s", strerror(ENOMEM));
		return -ENOMEM;
	}
	http->fd = -1;
	http->address = *address;
	http->content_type = content_type;
	pthread_mutex_init(&http->lock, NULL);
	r = load_library(&http->library, reason);
	if (r >= 0) {
		r = open_socket(http);
		print_address(address, text, sizeof(text));
		snprintf(reason, HTTP_REASON_MAX, "cannot listen on %s: %s", text, strerror(-r));
	}
	if (r < 0) {
		http_free(http);
		return r;
	}
	*ret = http;
	return 0;
}

static void destroy_response(const struct http *http, struct MHD_Response *response)
{
	if (response)
		http->library.destroy_response(response);
}

struct http *http_free(struct http *http)
{
	if (!http)
		return NULL;
	if (http->daemon)
		http->library.stop_daemon(http->daemon);
	destroy_response(http, http->page);
	destroy_response(http, http->not_found);
	destroy_response(http, http->not_allowed);
	destroy_response(http, http->text);
	if (http->fd >= 0)
		close(http->fd);
	if (http->library.handle)
		dlclose(http->library.handle);
	pthread_mutex_destroy(&http->lock);
	free(http);
	return NULL;
}

/* What clients are told */

/* Each connection is for one request: its time is bounded. NULL: no memory. */
static struct MHD_Response *make_response(const struct http *http, const void *text, size_t size,
					  const char *type)
{
	const struct library *library = &http->library;
	/* It is copied, and so not changed. */
	struct MHD_Response *response = library->create_response_from_buffer(
		size, (void *)(uintptr_t)text, MHD_RESPMEM_MUST_COPY);

	if (!response)
		return NULL;
	if (library->add_response_header(response, "Content-Type", type) == MHD_YES &&
	    library->add_response_header(response, "Connection", "close") == MHD_YES)
		return response;
	library->destroy_response(response);
	return NULL;
}

static enum MHD_Result answer_with_text(struct http *http, struct MHD_Connection *connection)
{
	enum MHD_Result result;

	pthread_mutex_lock(&http->lock);
	result = http->library.queue_response(connection, MHD_HTTP_OK, http->text);
	pthread_mutex_unlock(&http->lock);
	return result;
}

static enum MHD_Result answer(void *userdata, struct MHD_Connection *connection, const char *path,
			      const char *method, const char *version, const char *upload,
			      size_t *upload_size, void **request)
{
	struct http *http = userdata;

	if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
		return http->library.queue_response(connection, MHD_HTTP_METHOD_NOT_ALLOWED,
						    http->not_allowed);
	if (strcmp(path, "/metrics") == 0)
		return answer_with_text(http, connection);
	if (strcmp(path, "/") == 0)
		return http->library.queue_response(connection, MHD_HTTP_OK, http->page);
	return http->library.queue_response(connection, MHD_HTTP_NOT_FOUND, http->not_found);
}

/* Clients, and their time */

static void add_client(struct http *http, int fd)
{
	if (http->nr_clients < CLIENTS_MOST)
		http->clients[http->nr_clients++] = (struct client){
			.fd = fd,
			.since_ns = clock_monotonic_ns(),
		};
}

static void remove_client(struct http *http, int fd)
{
	for (size_t i = 0; i < http->nr_clients; i++) {
		if (http->clients[i].fd == fd) {
			http->clients[i] = http->clients[--http->nr_clients];
			return;
		}
	}
}

/* In the thread of the library, which has no hook for its own begin. */
static void note_client(void *userdata, struct MHD_Connection *connection, void **context,
			enum MHD_ConnectionNotificationCode code)
{
	struct http *http = userdata;
	const union MHD_ConnectionInfo *info =
		http->library.get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);

	priority_lower();
	pthread_mutex_lock(&http->lock);
	if (code == MHD_CONNECTION_NOTIFY_STARTED)
		add_client(http, info->connect_fd);
	else
		remove_client(http, info->connect_fd);
	pthread_mutex_unlock(&http->lock);
}

/* The library sees that, and closes them. */
static void end_old_clients(struct http *http)
{
	uint64_t now_ns = clock_monotonic_ns();

	for (size_t i = 0; i < http->nr_clients; i++) {
		if (now_ns - http->clients[i].since_ns > CLIENT_NS)
			shutdown(http->clients[i].fd, SHUT_RDWR);
	}
}

void http_publish(struct http *http, const void *text, size_t size)
{
	struct MHD_Response *fresh = make_response(http, text, size, http->content_type), *old;

	if (!fresh)
		return;
	old = fresh;
	if (pthread_mutex_trylock(&http->lock) == 0) {
		old = http->text;
		http->text = fresh;
		end_old_clients(http);
		pthread_mutex_unlock(&http->lock);
	}
	destroy_response(http, old);
}

int http_start(struct http *http)
{
	const unsigned int flags = MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_EPOLL | MHD_USE_ITC;

	http->page = make_response(http, page, strlen(page), "text/html; charset=utf-8");
	http->not_found = make_response(http, not_found, strlen(not_found), "text/plain");
	http->not_allowed = make_response(http, not_allowed, strlen(not_allowed), "text/plain");
	if (!http->page || !http->not_found || !http->not_allowed ||
	    http->library.add_response_header(http->not_allowed, "Allow", "GET, HEAD") != MHD_YES)
		return -ENOMEM;
	http->daemon = http->library.start_daemon(
		flags, 0, NULL, NULL, answer, http, MHD_OPTION_LISTEN_SOCKET, http->fd,
		MHD_OPTION_CONNECTION_LIMIT, (unsigned int)CLIENTS_MOST,
		MHD_OPTION_CONNECTION_TIMEOUT, SILENCE_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
		REQUEST_BYTES, MHD_OPTION_NOTIFY_CONNECTION, note_client, http, MHD_OPTION_END);
	if (!http->daemon)
		return -EIO;
	http->fd = -1; /* it closes that */
	return 0;
}
