package main

import (
	"fmt"
	"os/exec"
	"strconv"
	"strings"
)

// rss is the proportional set size of a process and its descendants, in bytes.
func rss(pid int) float64 {
	if pid == 0 {
		return 0
	}
	out, _ := exec.Command("sh", "-c", fmt.Sprintf(`
p="%d"; all="$p"
while [ -n "$p" ]; do n=""; for x in $p; do n="$n $(cat /proc/$x/task/*/children 2>/dev/null)"; done; p="$(echo $n)"; all="$all $p"; done
for x in $all; do awk '/^Pss:/{s+=$2} END{print s}' /proc/$x/smaps_rollup 2>/dev/null; done | awk '{s+=$1} END{print s*1024}'`, pid)).Output()
	v, _ := strconv.ParseFloat(strings.TrimSpace(string(out)), 64)
	return v
}
