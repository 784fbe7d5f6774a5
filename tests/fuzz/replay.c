/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Stands in for libFuzzer in the ordinary test run: feeds a fuzz target the files it is
 * given, or all of tests/fuzz/corpus/NAME when it is called fuzz_NAME without any.
 * Each input is an allocation of its own size, so that a sanitizer sees what reads on.
 */
#include "fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"

#define INPUT_MAX ((size_t)4 << 20)

static unsigned replayed;

static void
replay_file(const char *path)
{
	struct buf why = {0};
	char *data;
	size_t len;
	void *exact;

	if (file_read(path, INPUT_MAX, &data, &len, &why) != OK) {
		fprintf(stderr, "replay: %s\n", buf_text(&why));
		exit(1);
	}
	exact = mem_dup(data, len);
	mem_free(data);
	/* the last line before a crash names the input */
	printf("%s\n", path);
	fflush(stdout);
	LLVMFuzzerTestOneInput(exact, len);
	mem_free(exact);
	replayed++;
}

static void
replay_folder(const char *path)
{
	DIR *folder = opendir(path);
	struct dirent *entry;

	if (folder == NULL) {
		fprintf(stderr, "replay: no folder %s\n", path);
		exit(1);
	}
	while ((entry = readdir(folder)) != NULL) {
		char *file;

		if (entry->d_name[0] == '.')
			continue;
		file = mem_printf("%s/%s", path, entry->d_name);
		replay_file(file);
		mem_free(file);
	}
	closedir(folder);
}

int
main(int argc, char **argv)
{
	const char *slash = strrchr(argv[0], '/');
	const char *name = slash != NULL ? slash + 1 : argv[0];
	const char *srcdir = getenv("srcdir"); /* set by `make check` */

	for (int i = 1; i < argc; i++) {
		struct stat st;

		if (stat(argv[i], &st) == 0 && S_ISDIR(st.st_mode))
			replay_folder(argv[i]);
		else
			replay_file(argv[i]);
	}
	if (argc == 1 && strncmp(name, "fuzz_", 5) == 0) {
		char *path = mem_printf(
		    "%s/tests/fuzz/corpus/%s", srcdir != NULL ? srcdir : ".", name + 5);

		replay_folder(path);
		mem_free(path);
	}
	printf("%s: %u inputs replayed\n", name, replayed);
	return replayed != 0 ? 0 : 1; /* none at all means a wrong folder */
}
