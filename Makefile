# The README's two commands are `make iso` and `make test`; the rest is what they are made of.

SHELL   := /bin/sh
ADDON   := node_modules/zstd-napi/build/Release/binding.node
BUN     := node_modules/@oven/bun-linux-x64-baseline/bin/bun
ROOT    ?= /
OUT     ?= out
PREFIX  ?= /usr/local
# A developer's own settings: PREPARE = --quick makes builds faster, and the rescue image 4 MB larger.
-include local.mk
SOURCES := build.ts package.json $(shell find src initrd kernel-config -type f)

.PHONY: iso test check unit test-vm bench reproducible docs screens dist packages packages-test install uninstall clean

## iso: back up this machine (or ROOT=dir) to out/mondorescue-1.iso
iso: dist
	@.ci/install iso
	@mkdir -p $(OUT)
	dist/mondo archive --dir $(abspath $(OUT)) --root $(ROOT) $(ARCHIVE_OPTIONS)

## test: everything that continuous integration runs
test: dist
	@.ci/install iso vm
	@$(BUN) test/run.ts check unit cli kernel vm

## check: formatting, lint and types
check: node_modules/.package-lock.json
	@$(BUN) test/run.ts check

## unit: the tests that need neither a VM nor the executable
unit: $(ADDON)
	@.ci/install iso vm
	@$(BUN) test/run.ts unit

## test-vm: every whole-machine test, or those named: make test-vm VM="bios-gpt-ext4"
test-vm: dist
	@.ci/install iso vm net
	@$(BUN) test/vm/run.ts --all $(VM)

## bench: rescue image and archive engine beside their peers, as tables in out/bench.md: make bench BENCH="image --quick";
## whole machines in QEMU, an hour or more: make bench BENCH=rto
bench: dist
	@.ci/install iso bench $(if $(filter rto,$(BENCH)),vm)
	@$(BUN) test/bench/run.ts $(BENCH)

## reproducible: build the last commit in two other directories, from nothing, and compare the bytes
reproducible:
	@.ci/reproducible

## docs: bring the reference and the sessions shown in docs up to date
docs: dist
	@.ci/install iso
	@$(BUN) docs/make/make-docs.ts

## screens: record a backup and a restore of a whole machine for docs, in QEMU
screens: dist
	@.ci/install iso vm
	@$(BUN) test/vm/run.ts screens
	@cp out/screens/*.txt docs/screens/
	@$(BUN) docs/make/make-docs.ts

## dist: dist/mondo, the executable, and dist/mondo.cpio.zst, its part of every rescue image
dist: dist/mondo.cpio.zst

dist/mondo: $(SOURCES) $(ADDON)
	@$(BUN) build.ts

dist/mondo.cpio.zst: dist/mondo
	@dist/mondo image --prepare dist $(PREPARE)

# Not npm ci: npm 11 refuses a lock file from which a registry without other platforms' optional packages left those out.
# No warnings: they are about the age of node, which only runs npm, as Bun runs all the rest.
node_modules/.package-lock.json: package.json package-lock.json
	@.ci/install build
	@npm install --no-save --no-fund --no-audit --loglevel=error
	@touch $@

# npm runs no scripts of packages (.npmrc); this is the one thing that has to be built.
$(ADDON): node_modules/.package-lock.json .ci/build-addon .ci/old-symbols.h .ci/old-symbols.cc
	@.ci/install build
	@.ci/build-addon

## packages: deb and rpm in out/packages: make packages RELEASE=2 KEY=0123456789ABCDEF
packages: dist
	@.ci/install packages
	@$(BUN) packages/make-packages.ts $(if $(RELEASE),--release $(RELEASE)) $(if $(KEY),--key $(KEY))

## packages-test: install, upgrade, use and remove the packages in new roots of Debian 11, 12 and 13, and below rpm --root
packages-test: dist
	@.ci/install packages packages-test
	@$(BUN) node_modules/uvu/bin.js test '^packages/.*[.]test[.]ts$$'

## install: executable, other names, manual page, completion below PREFIX
install: dist
	install -D -m 755 dist/mondo $(DESTDIR)$(PREFIX)/sbin/mondo
	for name in mondoarchive mondorestore mindi; do ln -sf mondo $(DESTDIR)$(PREFIX)/sbin/$$name; done
	for file in mondo.cpio.zst mondo.cpio.zst.sha256; do install -D -m 644 dist/$$file $(DESTDIR)$(PREFIX)/lib/mondo/$$file; done
	install -d $(DESTDIR)$(PREFIX)/share/man/man8 $(addprefix $(DESTDIR)$(PREFIX)/share/,bash-completion/completions zsh/site-functions fish/vendor_completions.d)
	dist/mondo man | gzip -9n > $(DESTDIR)$(PREFIX)/share/man/man8/mondo.8.gz
	for name in mondoarchive mondorestore mindi; do ln -sf mondo.8.gz $(DESTDIR)$(PREFIX)/share/man/man8/$$name.8.gz; done
	dist/mondo completion bash > $(DESTDIR)$(PREFIX)/share/bash-completion/completions/mondo
	for name in mondoarchive mondorestore mindi; do ln -sf mondo $(DESTDIR)$(PREFIX)/share/bash-completion/completions/$$name; done
	dist/mondo completion zsh > $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_mondo
	dist/mondo completion fish > $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/mondo.fish

## uninstall: remove what install put below PREFIX; settings, logs and backups stay
uninstall:
	for name in mondo mondoarchive mondorestore mindi; do \
		rm -f $(DESTDIR)$(PREFIX)/sbin/$$name $(DESTDIR)$(PREFIX)/share/man/man8/$$name.8.gz \
			$(DESTDIR)$(PREFIX)/share/bash-completion/completions/$$name; \
	done
	rm -f $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_mondo $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/mondo.fish
	rm -rf $(DESTDIR)$(PREFIX)/lib/mondo

clean:
	rm -rf dist out .cache
