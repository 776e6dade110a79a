# The README's two commands are `make iso` and `make test`; the rest is what they are made of.

SHELL   := /bin/sh
ADDON   := node_modules/zstd-napi/build/Release/binding.node
ARM64   := .cache/arm64
BUN     := node_modules/@oven/bun-linux-x64-baseline/bin/bun
ROOT    ?= /
OUT     ?= out
PREFIX  ?= /usr/local
# What the executable is for: amd64, or arm64, which is built across: make dist ARCH=arm64. An ARCH of the environment is another's.
ARCH    := amd64
$(if $(filter amd64 arm64,$(ARCH)),,$(error ARCH=$(ARCH): amd64 or arm64))
DIST    := $(if $(filter arm64,$(ARCH)),dist/arm64,dist)
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
test: dist dist/arm64/mondo
	@.ci/install iso vm browser
	@$(BUN) test/run.ts check unit cli kernel vm

## check: formatting, lint and types
check: node_modules/.package-lock.json
	@$(BUN) test/run.ts check

## unit: the tests that need neither a VM nor the executable
unit: $(ADDON)
	@.ci/install iso vm
	@$(BUN) test/run.ts unit

## test-vm: every whole-machine test, after the other tests that take minutes, or those named: make test-vm VM="bios-gpt-ext4"
test-vm: dist
	@.ci/install iso vm net
	@$(if $(VM),,$(BUN) test/run.ts slow)
	@$(BUN) test/vm/run.ts --all $(VM)

## bench: rescue image, archive engine and a night with 200,000 files beside their peers, as tables in out/bench.md:
## make bench BENCH="image --quick";
## whole machines in QEMU, an hour or more: make bench BENCH=rto
bench: dist
	@.ci/install iso bench $(if $(filter rto,$(BENCH)),vm net)
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
	@$(BUN) test/vm/run.ts screens console-serial
	@cp out/screens/*.txt docs/screens/
	@for name in 3-disks 4-last-word; do cp out/console/serial-$$name.txt docs/screens/screen-$${name#?-}.txt; done
	@$(BUN) docs/make/make-docs.ts

## dist: dist/mondo, the executable, and dist/mondo.cpio.zst, its part of every rescue image; with ARCH=arm64 in dist/arm64
dist: $(DIST)/mondo.cpio.zst

dist/mondo: $(SOURCES) $(ADDON)
	@ARCH=amd64 $(BUN) build.ts

dist/mondo.cpio.zst: dist/mondo
	@dist/mondo image --prepare dist $(PREPARE)

dist/arm64/mondo: $(SOURCES) $(ADDON) $(ARM64)/zstd.node $(ARM64)/.package-lock.json
	@ARCH=arm64 $(BUN) build.ts

# A program for this machine packs it: in an emulator that would take many minutes.
dist/arm64/mondo.cpio.zst: dist/arm64/mondo dist/mondo
	@dist/mondo image --prepare dist/arm64 $(PREPARE)

# Runtime and addons for aarch64 have a lock file of their own: npm takes no package for another processor into this one's.
$(ARM64)/.package-lock.json: .ci/arm64/package.json .ci/arm64/package-lock.json
	@.ci/install build arm64
	@mkdir -p $(ARM64)
	@cp .ci/arm64/package.json .ci/arm64/package-lock.json $(ARM64)/
	@npm ci --prefix $(ARM64) --force --os=linux --cpu=arm64 --ignore-scripts --no-fund --no-audit --loglevel=error
	@cp $(ARM64)/node_modules/.package-lock.json $@

$(ARM64)/zstd.node: node_modules/.package-lock.json .ci/build-addon .ci/old-symbols.h .ci/old-symbols.cc
	@.ci/install build arm64
	@mkdir -p $(ARM64)
	@CC=aarch64-linux-gnu-gcc CXX=aarch64-linux-gnu-g++ .ci/build-addon $@

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

## packages: deb and rpm in out/packages: make packages RELEASE=2 KEY=0123456789ABCDEF; with ARCH=arm64 in out/packages/arm64
packages: dist
	@.ci/install packages
	@$(BUN) packages/make-packages.ts --arch $(ARCH) $(if $(RELEASE),--release $(RELEASE)) $(if $(KEY),--key $(KEY))

## packages-test: install, upgrade, use and remove the packages in new roots of Debian 11, 12 and 13, and below rpm --root
packages-test: dist
	@.ci/install packages packages-test
	@$(BUN) node_modules/uvu/bin.js test '^packages/.*[.]test[.]ts$$'

## install: executable, other names, manual page, completion below PREFIX
install: dist
	install -D -m 755 $(DIST)/mondo $(DESTDIR)$(PREFIX)/sbin/mondo
	for name in mondoarchive mondorestore mindi; do ln -sf mondo $(DESTDIR)$(PREFIX)/sbin/$$name; done
	for file in mondo.cpio.zst mondo.cpio.zst.sha256; do install -D -m 644 $(DIST)/$$file $(DESTDIR)$(PREFIX)/lib/mondo/$$file; done
	install -d $(addprefix $(DESTDIR)$(PREFIX)/share/man/,man8 fr/man8) $(addprefix $(DESTDIR)$(PREFIX)/share/,bash-completion/completions zsh/site-functions fish/vendor_completions.d)
	LC_ALL=C dist/mondo man | gzip -9n > $(DESTDIR)$(PREFIX)/share/man/man8/mondo.8.gz
	LC_ALL=fr_FR.UTF-8 dist/mondo man | gzip -9n > $(DESTDIR)$(PREFIX)/share/man/fr/man8/mondo.8.gz
	for name in mondoarchive mondorestore mindi; do \
		for section in man8 fr/man8; do ln -sf mondo.8.gz $(DESTDIR)$(PREFIX)/share/man/$$section/$$name.8.gz; done; \
	done
	LC_ALL=C dist/mondo completion bash > $(DESTDIR)$(PREFIX)/share/bash-completion/completions/mondo
	for name in mondoarchive mondorestore mindi; do ln -sf mondo $(DESTDIR)$(PREFIX)/share/bash-completion/completions/$$name; done
	LC_ALL=C dist/mondo completion zsh > $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_mondo
	LC_ALL=C dist/mondo completion fish > $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/mondo.fish

## uninstall: remove what install put below PREFIX; settings, logs and backups stay
uninstall:
	for name in mondo mondoarchive mondorestore mindi; do \
		rm -f $(DESTDIR)$(PREFIX)/sbin/$$name $(addprefix $(DESTDIR)$(PREFIX)/share/man/,man8/$$name.8.gz fr/man8/$$name.8.gz) \
			$(DESTDIR)$(PREFIX)/share/bash-completion/completions/$$name; \
	done
	rm -f $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_mondo $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/mondo.fish
	rm -rf $(DESTDIR)$(PREFIX)/lib/mondo

clean:
	rm -rf dist out .cache
