/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sextantd: what it is called with.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "server.h"
#include "steer/parts.h"
#include "steer/poolid.h"

#include "config.h"

#ifndef SEXTANT_SYSCONFDIR
#define SEXTANT_SYSCONFDIR "/etc/sextant"
#endif

enum { EXIT_BAD_USAGE = 2 };

void
complaints_print(const struct complaints *c)
{
	struct buf out = {0};

	complaints_write(c, &out);
	fputs(buf_text(&out), stderr);
	buf_fini(&out);
}

static int
check(const char *path)
{
	struct complaints complaints = {0};
	struct parts *parts = NULL;
	enum err e = parts_load(path, PARTS_CHECK, &parts, &complaints);

	complaints_print(&complaints);
	if (e == OK)
		fprintf(
		    stderr, "%s: no errors, %zu warnings\n", path, complaints.warnings);
	complaints_fini(&complaints);
	parts_release(parts);
	poolid_fini();
	return e == OK ? EXIT_SUCCESS : SERVER_BAD_CONFIG;
}

static void
print_usage(FILE *to)
{
	fputs(
	    "usage: sextantd [-c FILE] [-t | -V | -h]\n"
	    "  -c FILE   configuration (default " SEXTANT_SYSCONFDIR "/sextant.yaml)\n"
	    "  -t        check configuration, zones and geo databases, and exit\n"
	    "  -V        print the versions of sextantd and of its libraries, and exit\n"
	    "  -h        print this and exit\n"
	    "Runs in the foreground and logs to standard error. SIGHUP reloads, "
	    "SIGTERM ends.\n"
	    "See sextantd(8), sextant.yaml(5), sextantctl(8).\n",
	    to);
}

int
main(int argc, char **argv)
{
	static const struct option options[] = {
	    {"help", no_argument, NULL, 'h'},
	    {"version", no_argument, NULL, 'V'},
	    {0},
	};
	const char *path = SEXTANT_SYSCONFDIR "/sextant.yaml";
	bool only_check = false;
	int c;

	while ((c = getopt_long(argc, argv, "c:tVh", options, NULL)) != -1) {
		switch (c) {
		case 'c':
			path = optarg;
			break;
		case 't':
			only_check = true;
			break;
		case 'V':
			puts("sextantd " PACKAGE_VERSION "\nbuilt with" LIBRARIES);
			return EXIT_SUCCESS;
		case 'h':
			print_usage(stdout);
			return EXIT_SUCCESS;
		default:
			print_usage(stderr);
			return EXIT_BAD_USAGE;
		}
	}
	if (optind != argc) {
		print_usage(stderr);
		return EXIT_BAD_USAGE;
	}
	return only_check ? check(path) : server_run(path);
}
