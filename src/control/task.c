/* SPDX-License-Identifier: BSD-2-Clause */
#include "control/task.h"
#include "base/thread.h"

#include <signal.h>

static void
on_mail(struct mail *mail)
{
	struct task *t = (struct task *)(void *)mail;

	pthread_join(t->thread, NULL);
	t->done(t);
}

static void *
run(void *ctx)
{
	struct task *t = ctx;

	thread_name("task");
	t->work(t);
	t->mail.run = on_mail;
	loop_post(t->home, &t->mail);
	return NULL;
}

enum err
task_start(struct task *t, struct loop *home)
{
	sigset_t all, old;
	int e;

	t->home = home;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	e = pthread_create(&t->thread, NULL, run, t);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return e == 0 ? OK : ERR_IO;
}
