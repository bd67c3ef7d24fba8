package main

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// usage is what processes have used so far.
type usage struct {
	CPU time.Duration // user and system
	RSS int64         // resident bytes
}

// clockTick is the unit of /proc/PID/stat: USER_HZ, 100 on every Linux.
const clockTick = 10 * time.Millisecond

// usageOf adds up the processes, without their children.
func usageOf(pids ...int) (u usage, err error) {
	for _, pid := range pids {
		fields, err := procStat(pid)
		if err != nil {
			return u, err
		}
		for _, i := range []int{11, 12} { // utime, stime
			n, err := strconv.ParseInt(fields[i], 10, 64)
			if err != nil {
				return u, fmt.Errorf("read the CPU time of %d: %w", pid, err)
			}
			u.CPU += time.Duration(n) * clockTick
		}
		pages, err := strconv.ParseInt(fields[21], 10, 64)
		if err != nil {
			return u, fmt.Errorf("read the memory of %d: %w", pid, err)
		}
		u.RSS += pages * int64(os.Getpagesize())
	}
	return u, nil
}

// procStat is /proc/PID/stat from the process state on: the name before it may
// hold anything.
func procStat(pid int) ([]string, error) {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return nil, fmt.Errorf("read what a process uses: %w", err)
	}
	_, rest, ok := strings.Cut(string(b[max(bytes.LastIndexByte(b, ')'), 0):]), ") ")
	fields := strings.Fields(rest)
	if !ok || len(fields) < 22 {
		return nil, fmt.Errorf("/proc/%d/stat is not as expected", pid)
	}
	return fields, nil
}

// machineCPU is the CPU time of the whole machine so far, without idling: what
// neighbours took is this less what the measured processes took.
func machineCPU() (time.Duration, error) {
	b, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, fmt.Errorf("read what the machine does: %w", err)
	}
	line, _, _ := strings.Cut(string(b), "\n")
	var busy time.Duration
	for i, f := range strings.Fields(line)[1:] {
		n, err := strconv.ParseInt(f, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("/proc/stat is not as expected: %w", err)
		}
		if i != 3 && i != 4 && i < 8 { // idle, iowait; guests are in user time
			busy += time.Duration(n) * clockTick
		}
	}
	return busy, nil
}
