/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Questions one by one at an even pace, whatever becomes of those before them: an open
 * loop that sleeps between them, so that a core is left for others. To 127.0.0.1 alone.
 * usage: paced PORT FILE RATE SECONDS
 *
 * FILE: messages, each behind its length (two octets); the IDs are set here. Prints one
 * JSON object. Latency is from the sending until the kernel has the response. As root it
 * is put before other work of its core, so that this does not change the pace.
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
	IDS = 1 << 16,
	MESSAGE_MAX = 512,
	BATCH = 32,
	CONTROL_LEN = 64,
	BUFFER = 4 << 20,
	RATE_MAX = 200000,
	SECONDS_MAX = 60,
	LOOK_EVERY = 32, /* the kernel has noted when each came */
	LATE_NS = 500000,
	BUCKET_NS = 500,
	BUCKETS = 200000, /* up to 100 ms */
	WAIT_NS = 300000000, /* for the last responses */
};

struct paced {
	int fd;
	const uint8_t *queries;
	size_t size, at;
	uint64_t sent, answered, late, errors;
	uint64_t most_ns;
	uint64_t sent_ns[IDS]; /* 0: answered */
	uint32_t took[BUCKETS];
};

static uint64_t
now_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void
open_queries(struct paced *p, const char *path)
{
	struct stat st;
	int fd = open(path, O_RDONLY);
	void *at;

	if (fd < 0 || fstat(fd, &st) != 0 || st.st_size < 14)
		err(1, "%s", path);
	at = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
	if (at == MAP_FAILED)
		err(1, "%s", path);
	p->queries = at;
	p->size = (size_t)st.st_size;
	close(fd);
}

static void
open_socket(struct paced *p, uint16_t port)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
	int on = 1, size = BUFFER;

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	p->fd = socket(AF_INET, SOCK_DGRAM, 0);
	if (p->fd < 0 || connect(p->fd, (struct sockaddr *)&to, sizeof(to)) != 0 ||
	    setsockopt(p->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)) != 0 ||
	    setsockopt(p->fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on)) != 0)
		err(1, "socket");
}

static void
send_one(struct paced *p)
{
	uint8_t message[MESSAGE_MAX];
	uint16_t id = (uint16_t)p->sent;
	size_t len;

	if (p->at + 2 > p->size)
		p->at = 0;
	len = (size_t)p->queries[p->at] << 8 | p->queries[p->at + 1];
	if (len < 12 || len > sizeof(message) || p->at + 2 + len > p->size)
		errx(1, "not a file of questions");
	memcpy(message, p->queries + p->at + 2, len);
	message[0] = (uint8_t)(id >> 8);
	message[1] = (uint8_t)id;
	p->at += 2 + len;
	p->sent++;
	p->sent_ns[id] = now_ns(CLOCK_REALTIME);
	if (send(p->fd, message, len, 0) < 0)
		p->errors++;
}

static uint64_t
stamp_of(struct msghdr *h)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(h); c != NULL; c = CMSG_NXTHDR(h, c)) {
		struct timespec t;

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPNS)
			continue;
		memcpy(&t, CMSG_DATA(c), sizeof(t));
		return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
	}
	return now_ns(CLOCK_REALTIME);
}

static void
note(struct paced *p, const uint8_t *message, size_t len, uint64_t stamp)
{
	unsigned id = (unsigned)message[0] << 8 | message[1];
	uint64_t ns;

	if (len < 12 || p->sent_ns[id] == 0)
		return;
	ns = stamp > p->sent_ns[id] ? stamp - p->sent_ns[id] : 0;
	p->sent_ns[id] = 0;
	p->answered++;
	p->errors += (message[3] & 15) != 0;
	if (ns > p->most_ns)
		p->most_ns = ns;
	p->took[ns / BUCKET_NS < BUCKETS ? ns / BUCKET_NS : BUCKETS - 1]++;
}

static void
take_all(struct paced *p)
{
	static uint8_t message[BATCH][2 * MESSAGE_MAX], control[BATCH][CONTROL_LEN];
	struct mmsghdr m[BATCH];
	struct iovec v[BATCH];
	int n;

	do {
		for (int i = 0; i < BATCH; i++) {
			v[i] = (struct iovec){message[i], sizeof(message[i])};
			m[i].msg_hdr = (struct msghdr){.msg_iov = &v[i],
			    .msg_iovlen = 1,
			    .msg_control = control[i],
			    .msg_controllen = CONTROL_LEN};
		}
		n = recvmmsg(p->fd, m, BATCH, MSG_DONTWAIT, NULL);
		for (int i = 0; i < n; i++)
			note(p, message[i], m[i].msg_len, stamp_of(&m[i].msg_hdr));
	} while (n == BATCH);
}

static double
percentile_us(const struct paced *p, double part)
{
	double sum = 0;

	for (unsigned i = 0; i < BUCKETS; i++) {
		sum += p->took[i];
		if (sum >= part * (double)p->answered)
			return (i + 0.5) * BUCKET_NS / 1e3;
	}
	return 0;
}

static void
run(struct paced *p, double rate, double seconds)
{
	uint64_t start = now_ns(CLOCK_MONOTONIC), due = start, now, end;
	uint64_t count = (uint64_t)(rate * seconds), looked = 0;

	while (p->sent < count) {
		struct timespec t = {.tv_sec = (time_t)(due / 1000000000u),
		    .tv_nsec = (long)(due % 1000000000u)};

		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
		now = now_ns(CLOCK_MONOTONIC);
		for (; due <= now && p->sent < count;
		     due = start + (uint64_t)((double)p->sent * 1e9 / rate)) {
			p->late += now > due + LATE_NS;
			send_one(p);
		}
		if (p->sent >= looked + LOOK_EVERY) {
			looked = p->sent;
			take_all(p);
		}
	}
	end = now_ns(CLOCK_MONOTONIC) + WAIT_NS;
	while (p->answered < p->sent && now_ns(CLOCK_MONOTONIC) < end) {
		usleep(1000);
		take_all(p);
	}
}

int
main(int argc, char **argv)
{
	static struct paced p;
	struct sched_param before = {.sched_priority = 10};
	double rate = argc == 5 ? atof(argv[3]) : 0,
	       seconds = argc == 5 ? atof(argv[4]) : 0;

	if (rate < 1 || rate > RATE_MAX || seconds <= 0 || seconds > SECONDS_MAX)
		errx(1, "usage: paced PORT FILE RATE SECONDS");
	open_queries(&p, argv[2]);
	open_socket(&p, (uint16_t)atoi(argv[1]));
	prctl(PR_SET_TIMERSLACK, 1ul);
	if (sched_setscheduler(0, SCHED_FIFO, &before) != 0)
		warn("not before other work");
	run(&p, rate, seconds);
	printf("{\"sent\": %llu, \"answered\": %llu, \"late\": %llu, \"errors\": %llu, "
	       "\"p50_us\": %.1f, \"p99_us\": %.1f, \"most_us\": %.1f}\n",
	    (unsigned long long)p.sent, (unsigned long long)p.answered,
	    (unsigned long long)p.late, (unsigned long long)p.errors,
	    percentile_us(&p, 0.5), percentile_us(&p, 0.99), (double)p.most_ns / 1e3);
	return 0;
}
