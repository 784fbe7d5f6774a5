# SPDX-License-Identifier: BSD-2-Clause
# The sample is installed beside where sextant.yaml goes, never over it.
confdir = $(sysconfdir)/sextant
conf_DATA = conf/sextant.yaml.sample
EXTRA_DIST += conf/sextant.yaml conf/sextant.yaml.5 conf/iptoasn-country.mmdb.xz
dist_man_MANS += conf/sextant.yaml.5 conf/sextant-zone.5 conf/sextant-records.7 \
	conf/sextant-geo.7 conf/sextant-health.7 conf/sextant-state.5 conf/sextant-steering.7
EXTRA_DIST += conf/quickstart.yaml
dist_doc_DATA = conf/sextantd.service
pkgdata_DATA = conf/iptoasn-country.mmdb
CLEANFILES += conf/sextant.yaml.sample conf/iptoasn-country.mmdb

conf/sextant.yaml.sample: conf/sextant.yaml
	$(AM_V_GEN)$(MKDIR_P) conf && cp $(srcdir)/conf/sextant.yaml $@

conf/iptoasn-country.mmdb: conf/iptoasn-country.mmdb.xz
	$(AM_V_GEN)$(MKDIR_P) conf && \
	xz -dc $(srcdir)/conf/iptoasn-country.mmdb.xz >$@.tmp && mv $@.tmp $@
