/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How soon a server answers while something else floods it: asks it a moderate number of
 * questions a second, at random distances (so that they do not keep step with a quota of
 * the server), and takes the time from its own send to the arrival of the answer as the
 * kernel stamps it (SO_TIMESTAMPNS). With a real-time priority it stands above the flood
 * on the same core, and when it gets to read the answer does not count.
 *
 *     tests/bench/probe_latency PORT FILE RATE SECONDS [CORE [raw]]
 *
 * FILE is a run of questions, each behind 16 bits of length, as the flood's; 127.0.0.1 is
 * asked. Prints what was asked and answered and percentiles in ms, for each second and
 * for all; with raw a line for each question: seconds since the start, and ms or "-".
 */
#include <errno.h>
#include <math.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

enum {
	ASKED_MOST = 1 << 16, /* the id is the index */
	QUERY_MOST = 512,
	HEADER = 12,
	WAIT_NS = 1000000000, /* for the last answers */
	PRIORITY = 10,
};

struct asked {
	int64_t at_ns; /* since the epoch, as the kernel's stamps */
	double ms; /* < 0: no answer */
};

static struct asked all[ASKED_MOST];
static size_t count;

static void
die(const char *what)
{
	perror(what);
	exit(1);
}

static int64_t
ns_of(const struct timespec *t)
{
	return t->tv_sec * INT64_C(1000000000) + t->tv_nsec;
}

static int64_t
now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return ns_of(&t);
}

static int
open_socket(uint16_t port)
{
	struct sockaddr_in to = {
	    .sin_family = AF_INET,
	    .sin_port = htons(port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int on = 1, octets = 1 << 20, fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on)) != 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &octets, sizeof(octets)) != 0)
		die("socket");
	return fd;
}

static void
stand_above(const char *core)
{
	struct sched_param priority = {.sched_priority = PRIORITY};
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET((size_t)strtoul(core, NULL, 10), &set);
	if (sched_setaffinity(0, sizeof(set), &set) != 0)
		die("sched_setaffinity");
	if (sched_setscheduler(0, SCHED_FIFO, &priority) != 0)
		perror("no real-time priority");
}

/* The next question of the file, from its start again at its end. */
static size_t
next_query(FILE *f, uint8_t *query)
{
	for (unsigned turn = 0; turn < 2; turn++) {
		int high = fgetc(f), low = fgetc(f);
		size_t len = (size_t)high << 8 | (size_t)low;

		if (low != EOF && len >= HEADER && len <= QUERY_MOST &&
		    fread(query, len, 1, f) == 1)
			return len;
		rewind(f);
	}
	fputs("no questions in the file\n", stderr);
	exit(1);
}

static void
ask(int fd, FILE *f)
{
	uint8_t query[QUERY_MOST];
	size_t len = next_query(f, query);

	query[0] = (uint8_t)(count >> 8);
	query[1] = (uint8_t)count;
	all[count] = (struct asked){now_ns(), -1};
	if (send(fd, query, len, 0) < 0 && errno != ECONNREFUSED)
		die("send");
	count++;
}

static bool
read_one(int fd)
{
	union {
		struct cmsghdr align;
		char octets[CMSG_SPACE(sizeof(struct timespec))];
	} control;
	uint8_t reply[4096];
	struct iovec iov = {reply, sizeof(reply)};
	struct msghdr m = {
	    .msg_iov = &iov,
	    .msg_iovlen = 1,
	    .msg_control = &control,
	    .msg_controllen = sizeof(control),
	};
	ssize_t n = recvmsg(fd, &m, MSG_DONTWAIT);
	struct cmsghdr *c = n >= HEADER ? CMSG_FIRSTHDR(&m) : NULL;
	struct timespec stamp;
	size_t i;

	if (n < 0)
		return false;
	if (c == NULL || c->cmsg_type != SCM_TIMESTAMPNS)
		return true;
	memcpy(&stamp, CMSG_DATA(c), sizeof(stamp));
	i = (size_t)reply[0] << 8 | reply[1];
	if (i < count && all[i].ms < 0)
		all[i].ms = (double)(ns_of(&stamp) - all[i].at_ns) / 1e6;
	return true;
}

static void
run(int fd, FILE *f, double rate, double seconds)
{
	int64_t start = now_ns(), due = start, end = start + (int64_t)(seconds * 1e9);

	while (due < end && count < ASKED_MOST) {
		struct timespec t = {due / 1000000000, due % 1000000000};

		clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &t, NULL);
		ask(fd, f);
		while (read_one(fd))
			;
		due += (int64_t)(-log(1 - drand48()) * 1e9 / rate);
	}
	end = now_ns() + WAIT_NS;
	while (now_ns() < end) {
		while (read_one(fd))
			;
		usleep(10000);
	}
}

static int
compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static void
summarise(const char *what, size_t first, size_t last)
{
	static double ms[ASKED_MOST];
	size_t n = 0;

	for (size_t i = first; i < last; i++)
		if (all[i].ms >= 0)
			ms[n++] = all[i].ms;
	qsort(ms, n, sizeof(ms[0]), compare);
	printf("%-5s asked %6zu, answered %3.0f %%", what, last - first,
	    last > first ? 100.0 * (double)n / (double)(last - first) : 0.0);
	if (n != 0)
		printf(", p50 %.2f ms, p99 %.2f ms, most %.2f ms", ms[n / 2],
		    ms[n * 99 / 100], ms[n - 1]);
	putchar('\n');
}

static void
print_all(bool raw)
{
	size_t first = 0;

	for (size_t i = 0; i < count; i++) {
		int64_t since = all[i].at_ns - all[0].at_ns;
		char what[24];

		if (raw && all[i].ms < 0)
			printf("%.6f -\n", (double)since / 1e9);
		else if (raw)
			printf("%.6f %.4f\n", (double)since / 1e9, all[i].ms);
		if (raw ||
		    (i + 1 < count && (all[i + 1].at_ns - all[0].at_ns) / 1000000000 ==
		                          since / 1000000000))
			continue;
		snprintf(what, sizeof(what), "%d s", (int)(since / 1000000000) + 1);
		summarise(what, first, i + 1);
		first = i + 1;
	}
	if (!raw)
		summarise("all", 0, count);
}

int
main(int argc, char **argv)
{
	FILE *f;

	if (argc < 5) {
		fputs(
		    "usage: probe_latency PORT FILE RATE SECONDS [CORE [raw]]\n", stderr);
		return 2;
	}
	f = fopen(argv[2], "rb");
	if (f == NULL)
		die(argv[2]);
	if (argc > 5)
		stand_above(argv[5]);
	run(open_socket((uint16_t)strtoul(argv[1], NULL, 10)), f, strtod(argv[3], NULL),
	    strtod(argv[4], NULL));
	print_all(argc > 6);
	fclose(f);
	return 0;
}
