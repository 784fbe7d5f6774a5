/* SPDX-License-Identifier: BSD-2-Clause */
/* Asks the daemon over its control socket: one line out, one reply back. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/words.h"
#include "client.h"
#include "control/line.h"
#include "records.h"

#ifndef SEXTANT_RUNDIR
#define SEXTANT_RUNDIR "/run/sextant"
#endif
#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "unknown"
#endif

static const char usage_text[] =
    "usage: sextantctl [-hV] [--json] [-s SOCKET] VERB [ARGUMENT ...]\n";

static const char help_text[] =
    "\n"
    "  -s, --socket SOCKET  the daemon's control socket\n"
    "                       (" SEXTANT_RUNDIR "/control.sock)\n"
    "      --json           print the reply as one line of JSON\n"
    "  -h, --help           print this\n"
    "  -V, --version        print the version\n"
    "\n"
    "`sextantctl help` lists the verbs of the running daemon. And these work with "
    "files:\n"
    "\n"
    "  records export [ZONE | PATTERN] [--format json|zone]\n"
    "  records import FILE|- [--zone ZONE] [--check] [--skip-bad] [--force]\n"
    "  records import constellation redis:ADDRESS --zone ZONE ...\n"
    "  records check FILE|-|redis:ADDRESS [--zone ZONE]\n"
    "                       [--user NAME] [--password-file FILE] [--database N]\n"
    "                       [--tls] [--tls-name NAME] [--ca-file FILE]\n"
    "                       [--cert-file FILE --key-file FILE]\n"
    "\n"
    "Exit status: 0 done, 1 refused or failed, 2 usage, 3 no daemon.\n";

struct options {
	const char *socket;
	bool json;
};

/* False when the program is done already, with *status. */
static bool
read_options(int argc, char **argv, struct options *o, int *status)
{
	static const struct option longs[] = {{"socket", required_argument, NULL, 's'},
	    {"json", no_argument, NULL, 'j'}, {"help", no_argument, NULL, 'h'},
	    {"version", no_argument, NULL, 'V'}, {NULL, 0, NULL, 0}};
	int c;

	*status = DONE;
	while ((c = getopt_long(argc, argv, "+s:hV", longs, NULL)) != -1) {
		switch (c) {
		case 's':
			o->socket = optarg;
			break;
		case 'j':
			o->json = true;
			break;
		case 'h':
			printf("%s%s", usage_text, help_text);
			return false;
		case 'V':
			printf("sextantctl %s\n", PACKAGE_VERSION);
			return false;
		default:
			fputs(usage_text, stderr);
			*status = USAGE;
			return false;
		}
	}
	return true;
}

/*
 * The arguments as one request line. --json is ours behind the verb too, up to "--";
 * and so is the word json before it, since it changes the form of the reply.
 */
static void
write_request(char **args, struct options *o, struct buf *line)
{
	struct buf words = {0};
	bool ours = true;

	if (*args != NULL && strcmp(*args, "json") == 0) {
		o->json = true;
		args++;
	}
	for (; *args != NULL; args++) {
		if (ours && strcmp(*args, "--json") == 0) {
			o->json = true;
			continue;
		}
		if (strcmp(*args, "--") == 0)
			ours = false;
		if (words.len != 0)
			buf_char(&words, ' ');
		words_write(&words, *args);
	}
	if (o->json && words.len != 0)
		buf_str(line, "json ");
	buf_str(line, buf_text(&words));
	buf_fini(&words);
}

/* Prints what one line of a reply holds; true when it was the last, with *status. */
static bool
print_line(const char *line, bool json, int *status)
{
	static const char json_ok[] = "{\"ok\":true", json_end[] = "{\"ok\":";
	bool failed;

	/* `watch` has other lines before the last one */
	if (json && strncmp(line, json_end, strlen(json_end)) != 0 && line[0] == '{') {
		puts(line);
		return false;
	}
	if (json && line[0] == '{') {
		puts(line);
		*status = strncmp(line, json_ok, strlen(json_ok)) == 0 ? DONE : FAILED;
		return true;
	}
	if (client_is_end(&line, &failed)) {
		*status = failed ? FAILED : DONE;
		return true;
	}
	puts(line);
	return false;
}

static int
read_reply(struct client *c, bool json)
{
	int status = FAILED;
	const char *line;

	do {
		line = client_line(c);
		if (line == NULL)
			return FAILED;
	} while (!print_line(line, json, &status));
	return status;
}

int
main(int argc, char **argv)
{
	struct options o = {.socket = SEXTANT_RUNDIR "/control.sock"};
	struct buf line = {0};
	struct client c;
	int status;

	if (!read_options(argc, argv, &o, &status))
		return status;
	if (records_is_ours(argv + optind))
		return records_run(o.socket, argv + optind);
	write_request(argv + optind, &o, &line);
	/* what comes by and by is seen at once, through a pipe too */
	if (argv[optind] != NULL && strcmp(argv[optind], "watch") == 0)
		setvbuf(stdout, NULL, _IOLBF, 0);
	if (line.len == 0 || line.len > LINE_MAX_LEN) {
		if (line.len == 0)
			fputs(usage_text, stderr);
		else
			fprintf(stderr, "sextantctl: a request has at most %zu octets\n",
			    LINE_MAX_LEN);
		buf_fini(&line);
		return USAGE;
	}
	buf_char(&line, '\n');
	status = client_open(&c, o.socket);
	if (status == DONE) {
		client_send(&c, line.data, line.len);
		client_end(&c);
		status = read_reply(&c, o.json);
		client_close(&c);
	}
	buf_fini(&line);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		perror("sextantctl: standard output");
		status = FAILED;
	}
	return status;
}
