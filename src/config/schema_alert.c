/* SPDX-License-Identifier: BSD-2-Clause */
#include "config/config.h"
#include "config/parts.h"
#include "config/schema.h"
#include "config/schema_words.h"

/* clang-format off */

static const char *const form_words[] = {"json", "slack", NULL};
static const char *const severity_words[] = {"warning", "critical", NULL};

static const struct schema_key hook_keys[] = {
    {.name = "name", .type = SCHEMA_IDENT, .flags = SCHEMA_REQUIRED,
        AT(config_hook, name),
        .help = "The name in logs and replies. A hook that keeps it over a reload keeps "
                "what it was told."},
    {.name = "url", .type = SCHEMA_OWN, AT(config_hook, url), .read = hook_read_url,
        .shape = "URL",
        .help = "Where messages are posted: http or https. One of url, url_file and "
                "exec. Of a URL only scheme, host and port are ever logged."},
    {.name = "url_file", .type = SCHEMA_OWN, AT(config_hook, url),
        .read = hook_read_url_file, .shape = "file",
        .help = "The file that holds the URL, for one that is a secret."},
    {.name = "exec", .type = SCHEMA_TEXTS, LIST(config_hook, exec, exec_count), .min = 0,
        .max = 4096, .shape = "list of texts",
        .help = "The program to run, by its absolute path, and its arguments. It gets "
                "the message as JSON on its standard input."},
    {.name = "form", .type = SCHEMA_CHOICE, AT(config_hook, form), .words = form_words,
        .dflt = "json",
        .help = "What is posted: all there is to know, or text in the form that Slack, "
                "Mattermost and others take."},
    {.name = "on", .type = SCHEMA_OWN, AT(config_hook, kinds), .read = hook_read_on,
        .shape = "list of kinds", .dflt = "all",
        .help = "What it is told of: target, pool, region, prober, certificate, fleet, "
                "store, guard, reload, geo, state, or all. sextantd(8) says what each "
                "is."},
    {.name = "severity", .type = SCHEMA_SWITCH, AT(config_hook, only_critical),
        .words = severity_words, .dflt = "warning",
        .help = "How bad it has to be at least."},
    {.name = "critical", .type = SCHEMA_BOOL, AT(config_hook, critical), .dflt = "off",
        .help = "Whether it is told only of what still lasts after escalate_after."},
    {.name = "timeout", .type = SCHEMA_DURATION, AT(config_hook, timeout_ms),
        .min = 100, .max = 5 * 60 * SECOND, .dflt = "10s",
        .help = "How long one delivery may take; a program is then killed."},
    {.name = "headers", .type = SCHEMA_TEXTS, LIST(config_hook, headers, header_count),
        .min = 1, .max = 4096, .dflt_text = "none", .shape = "list of \"Name: value\"",
        .help = "Further headers of the request."},
    {.name = "headers_file", .type = SCHEMA_OWN, .read = hook_read_headers_file,
        .shape = "file", .dflt_text = "none",
        .help = "The file with further headers that are secrets, one a line, as in "
                "\"Authorization: Bearer ...\"."},
    {.name = "ca_file", .type = SCHEMA_PATH, AT(config_hook, ca_file),
        .dflt_text = "those of the system",
        .help = "The certificates to trust, in PEM form."},
    {.name = "proxy", .type = SCHEMA_TEXT, AT(config_hook, proxy), .min = 1, .max = 255,
        .dflt_text = "none, whatever the environment says",
        .help = "The proxy to go through, as in \"http://192.0.2.1:3128\"."},
    {0},
};

const struct schema_map schema_hook = {.name = "hook",
    .title = "alerts.hooks[]",
    .help = "Who is told, and of what.",
    .size = sizeof(struct config_hook),
    .has_where = true,
    .keys = hook_keys,
    .finish = hook_finish};

static const struct schema_key alert_keys[] = {
    {.name = "group", .type = SCHEMA_DURATION, AT(config_alerts, group_ms), .min = 10,
        .max = 5 * 60 * SECOND, .dflt = "2s",
        .help = "What changes within this time is one message."},
    {.name = "escalate_after", .type = SCHEMA_DURATION, AT(config_alerts, escalate_ms),
        .min = 10, .max = 30 * DAY, .dflt = "5m",
        .help = "How long trouble lasts before the hooks with \"critical: on\" hear of "
                "it."},
    {.name = "hooks", .type = SCHEMA_MAPS, LIST(config_alerts, hooks, hook_count),
        .map = &schema_hook,
        .help = "See alerts.hooks[] below."},
    {0},
};

const struct schema_map schema_alerts = {.name = "alerts",
    .title = "alerts",
    .help = "Who learns of trouble: webhooks and programs. At most 16.",
    .size = sizeof(struct config_alerts),
    .keys = alert_keys,
    .finish = alerts_finish};
