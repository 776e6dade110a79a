#!/bin/bash
# Answers the host over the virtio-serial port: one base64 line is a script; the answer is its exit code and its output.
port=/dev/virtio-ports/mondo.agent
exec 3<>"$port"
printf 'ready\n' >&3
while IFS= read -r line <&3; do
  printf %s "$line" | base64 -d >/run/agent.script
  bash /run/agent.script >/run/agent.output 2>&1 </dev/null 3>&-
  rc=$?
  printf 'rc %d\n' "$rc" >&3
  { zstd -q -c /run/agent.output | base64 -w0; printf '\n'; } >&3
done
