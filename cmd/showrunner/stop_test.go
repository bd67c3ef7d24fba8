package main

import (
	"net"
	"strings"
	"testing"
	"time"
)

// TestStopWithIdleConnections stops a server to which clients hold connections
// that never said anything, as browsers and client pools do.
func TestStopWithIdleConnections(t *testing.T) {
	p := startProgram(t, t.TempDir(), "127.0.0.1:0")
	for range 3 {
		conn, err := net.Dial("tcp", strings.TrimPrefix(p.url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
	}
	time.Sleep(200 * time.Millisecond) // They are accepted.
	p.stop(10 * time.Second)
}
