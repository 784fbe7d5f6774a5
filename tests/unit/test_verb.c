/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include "base/log.h"
#include "base/mem.h"
#include "control/line.h"
#include "control/peer.h"
#include "control/verb.h"

#include <grp.h>
#include <pwd.h>

/* What the last request ended with, in the form for people. */
static struct buf told;

static void
on_done(struct request *rq)
{
	buf_clear(&told);
	reply_write(&rq->reply, rq->json, &told);
	request_free(rq);
}

/* Tells what it got. */
static void
echo(void *ctx, struct request *rq)
{
	const char *client = "none";
	bool force = request_flag(rq, "--force");

	(void)ctx;
	if (request_option(rq, "--client", &client) != OK) {
		reply_usage(rq);
		return;
	}
	if (!request_check_args(rq, 0, 2))
		return;
	buf_printf(request_text(rq), "force=%d client=%s", force, client);
	for (int i = 0; i < rq->argc; i++)
		buf_printf(request_text(rq), " [%s]", rq->argv[i]);
	assert_null(rq->argv[rq->argc]);
	reply_ok(rq);
}

static void
stop(void *ctx, struct request *rq)
{
	++*(int *)ctx;
	reply_err(rq, ERR_BUSY, "not %s", "now");
}

static const struct verb verbs[] = {
    {"explain", "[NAME]", "say why", false, echo},
    {"records", "", "count records", false, echo},
    {"records set", "NAME", "write one", true, echo},
    /* near enough to "log" alone, and not what is meant by it */
    {"logs", "", "count lines", false, echo},
    {"log file", "", "name it", false, echo},
    {"log level", "", "name it", false, echo},
    {"zone list", "", "list zones", false, echo},
    {"zone drop", "NAME", "drop one", true, echo},
    {"stop", "", "end the daemon", true, stop},
    {0},
};

struct row {
	const char *line;
	bool may_write;
	const char *told;
};

static const struct row rows[] = {
    {"explain", false, "force=0 client=none [explain]\nOK\n"},
    {"explain a b", false, "force=0 client=none [explain] [a] [b]\nOK\n"},
    {"explain a b c", false, "ERR usage explain [NAME]\n"},
    {"explain --force a", false, "force=1 client=none [explain] [a]\nOK\n"},
    {"explain a --client 1 b", false, "force=0 client=1 [explain] [a] [b]\nOK\n"},
    {"explain --client=1=2", false, "force=0 client=1=2 [explain]\nOK\n"},
    {"explain a --client", false, "ERR usage explain [NAME]\n"},
    {"explain --client --", false, "ERR usage explain [NAME]\n"},
    {"explain --cli", false,
        "ERR usage explain has no option --cli here; usage: explain [NAME]\n"},
    {"explain --force=no", false,
        "ERR usage explain has no option --force=no here; usage: explain [NAME]\n"},
    {"explain -- --force", false, "force=0 client=none [explain] [--force]\nOK\n"},
    {"records", false, "force=0 client=none [records]\nOK\n"},
    {"records x", false, "force=0 client=none [records] [x]\nOK\n"},
    {"records set x", true, "force=0 client=none [records set] [x]\nOK\n"},
    {"records set x", false,
        "ERR denied records set needs the socket's owner or a member of admin_group\n"},
    {"stop", false,
        "ERR denied stop needs the socket's owner or a member of admin_group\n"},
    {"stop", true, "ERR busy not now\n"},
    {"zone", false, "ERR unknown zone is one of: zone list, zone drop\n"},
    {"log", false, "ERR unknown log is one of: log file, log level\n"},
    {"help log", false, "ERR unknown log is one of: log file, log level\n"},
    {"zone lsit", false, "ERR unknown no verb zone; did you mean zone list?\n"},
    {"explian x", false, "ERR unknown no verb explian; did you mean explain?\n"},
    {"frobnicate", false, "ERR unknown no verb frobnicate; `help` lists them\n"},
    {"Explain", false, "ERR unknown no verb Explain; did you mean explain?\n"},
    {"json frobnicate", false,
        "{\"ok\":false,\"code\":\"unknown\",\"error\":\"no verb frobnicate; `help` lists "
        "them\"}\n"},
    {"help records set", false,
        "records set NAME\n    write one (needs the socket's owner or the "
        "admin_group)\nOK\n"},
    {"help explian", false, "ERR unknown no verb explian; did you mean explain?\n"},
    {"json help explain", false,
        "{\"ok\":true,\"data\":{\"name\":\"explain\",\"args\":\"[NAME]\",\"help\":\"say "
        "why\",\"writes\":false}}\n"},
    {"help", false,
        "help         list the verbs, or tell about one\n"
        "explain      say why\nrecords      count records\nrecords set  write one\n"
        "logs         count lines\nlog file     name it\nlog level    name it\n"
        "zone list    list zones\nzone drop    drop one\nstop         end the "
        "daemon\nOK\n"},
};

static int
ask(const char *text, bool may_write)
{
	struct line l = {0};
	struct buf why = {0};
	int stopped = 0;

	assert_int_equal(line_parse(text, strlen(text), &l, &why), OK);
	verb_run(verbs, &stopped,
	    request_new(
	        (int)l.words.count, l.words.list, may_write, "me", on_done, NULL));
	line_fini(&l);
	return stopped;
}

static void
test_rows(void **state)
{
	(void)state;
	log_set_level(LOG_LEVEL_WARNING);
	for (size_t i = 0; i < COUNT(rows); i++) {
		ask(rows[i].line, rows[i].may_write);
		assert_string_equal(buf_text(&told), rows[i].told);
	}
}

static void
test_denied_does_not_run(void **state)
{
	(void)state;
	assert_int_equal(ask("stop", true), 1);
	assert_int_equal(ask("stop", false), 0);
	buf_fini(&told);
}

/* A user that the database lists in a group that is not its primary one. */
static bool
find_member(struct peer *p, char **group)
{
	struct group *g;
	bool found = false;

	setgrent();
	while (!found && (g = getgrent()) != NULL)
		for (char **m = g->gr_mem; !found && *m != NULL; m++) {
			struct passwd *pw = getpwnam(*m);

			if (pw == NULL || pw->pw_gid == g->gr_gid || pw->pw_uid == 0)
				continue;
			peer_from_ids(pw->pw_uid, pw->pw_gid, p);
			*group = mem_str(g->gr_name);
			found = true;
		}
	endgrent();
	return found;
}

static void
test_peer(void **state)
{
	struct passwd *nobody = getpwnam("nobody");
	struct group *primary;
	char *group = NULL;
	struct peer p;

	(void)state;
	peer_from_ids(0, 0, &p);
	assert_string_equal(p.name, "root");
	assert_true(peer_may_write(&p, 4242, NULL));
	peer_from_ids(4000000, 4000000, &p);
	assert_string_equal(p.name, "uid 4000000");
	assert_true(peer_may_write(&p, 4000000, NULL));
	assert_false(peer_may_write(&p, 4242, NULL));
	assert_false(peer_may_write(&p, 4242, "root"));
	assert_false(peer_may_write(&p, 4242, "no-such-group"));
	assert_false(peer_group_exists("no-such-group"));
	assert_true(peer_group_exists("root"));
	if (nobody != NULL && (primary = getgrgid(nobody->pw_gid)) != NULL) {
		peer_from_ids(nobody->pw_uid, nobody->pw_gid, &p);
		assert_true(peer_may_write(&p, 4242, primary->gr_name));
		assert_false(peer_may_write(&p, 4242, "root"));
	}
	if (find_member(&p, &group)) {
		assert_true(peer_may_write(&p, 4242, group));
		assert_false(peer_may_write(&p, 4242, NULL));
		mem_free(group);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rows),
	    cmocka_unit_test(test_denied_does_not_run),
	    cmocka_unit_test(test_peer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
