package clickhouse

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"testing"
	"time"
)

// TestParting: the other side of a connection that is closed while it sends gets
// everything sent and reads an end, never a reset; whoever reads on this side is told
// that it is closed.
func TestParting(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	conn, err := dial(time.Second, nil)(t.Context(), l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	other, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = other.Close() }()
	if err := other.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	read := make(chan error, 1)
	go func() {
		_, err := conn.Read(make([]byte, 1))
		read <- err
	}()
	time.Sleep(10 * time.Millisecond) // Usually it waits for data by now; it holds for both.
	if err := conn.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-read; !errors.Is(err, net.ErrClosed) {
		t.Errorf("a read under way ended with %v", err)
	}
	if _, err := other.Write(make([]byte, 16<<20)); err != nil {
		t.Errorf("the other side could not finish: %v", err)
	}
	if n, err := other.Read(make([]byte, 1)); n != 0 || !errors.Is(err, io.EOF) {
		t.Errorf("the other side read %d bytes and %v, want the end", n, err)
	}
	if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, net.ErrClosed) {
		t.Errorf("reading what was closed: %v", err)
	}
	if err := conn.SetReadDeadline(time.Time{}); !errors.Is(err, net.ErrClosed) {
		t.Errorf("a deadline for what was closed: %v", err)
	}
	if _, err := conn.Write([]byte("x")); err == nil {
		t.Error("wrote to what was closed")
	}
	if err := conn.Close(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("closed twice: %v", err)
	}
}

// TestGivenUp: the engine outlives questions and inserts that are given up at any
// moment of them.
func TestGivenUp(t *testing.T) {
	waitReady(t)
	db := migrated(t, server.URL())
	before := server.Pid()
	var asking sync.WaitGroup
	for i := range 4 {
		asking.Go(func() {
			for k := range 200 {
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(2+k%20)*time.Duration(i+1)*150*time.Microsecond)
				_ = db.rows(ctx, "test", nil, `SELECT number, toString(number) FROM numbers(2000)`, func(scan scanner) error {
					var n uint64
					var s string
					return scan(&n, &s)
				})
				cancel()
			}
		})
	}
	asking.Wait()
	if _, _, err := db.Count(t.Context()); err != nil {
		t.Errorf("the next question: %v", err)
	}
	if pid := server.Pid(); pid != before {
		t.Errorf("the engine ended and was started again: %d, then %d", before, pid)
	}
}
