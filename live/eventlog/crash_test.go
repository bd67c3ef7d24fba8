package eventlog

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"

	"showrunner/live"
)

// crashDirEnv makes the test binary a child that appends until it is killed.
const crashDirEnv = "SHOWRUNNER_TEST_CRASH_DIR"

// crashChild appends from many callers and prints the id of an event once it
// is acknowledged. It ends only by being killed.
func crashChild(dir string) {
	ctx := context.Background()
	l, err := Open(ctx, Config{Dir: dir, Now: time.Now})
	if err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
	go func() {
		if err := l.Run(ctx); err != nil {
			fmt.Println("error", err)
		}
	}()
	acked := make(chan string, 1024)
	for caller := range 8 {
		go func() {
			for i := 0; ; i++ {
				evs := events(fmt.Sprintf("run-%d-caller-%d-call-%d", os.Getpid(), caller, i), 1+i%3)
				if _, err := l.Append(ctx, evs); err != nil {
					acked <- "error " + err.Error()
					return
				}
				for _, e := range evs {
					acked <- "acked " + string(e.ID)
				}
			}
		}()
	}
	for line := range acked {
		fmt.Println(line)
	}
}

func TestKilledProcessLosesNothingAcknowledged(t *testing.T) {
	dir := t.TempDir()
	var acked []string
	for range 2 { // the second run begins on what the first left behind
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), crashDirEnv+"="+dir)
		child.Stderr = os.Stderr
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for n := 0; lines.Scan(); {
			var word, id string
			if _, err := fmt.Sscan(lines.Text(), &word, &id); err != nil || word != "acked" {
				t.Errorf("child said %q", lines.Text())
				break
			}
			acked = append(acked, id)
			if n++; n == 400 {
				if err := child.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := child.Wait(); err == nil {
			t.Fatal("the child ended by itself")
		}
	}
	l, _ := openLog(t, Config{Dir: dir})
	times := map[string]int{}
	last := live.Position{}
	for _, e := range all(t, l) {
		times[string(e.Event.ID)]++
		if !last.IsZero() && !last.Less(e.Position) {
			t.Fatalf("position %v after %v", e.Position, last)
		}
		last = e.Position
	}
	for _, id := range acked {
		if times[id] != 1 {
			t.Errorf("acknowledged event %s is in the log %d times, want once", id, times[id])
		}
	}
	for id, n := range times {
		if n != 1 {
			t.Errorf("event %s is in the log %d times", id, n)
		}
	}
	if len(acked) < 800 {
		t.Errorf("only %d events were acknowledged, want 800", len(acked))
	}
	mustAppend(t, l, event("after"))
}
