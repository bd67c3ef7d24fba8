package ws_test

import (
	"net"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"showrunner/gateway/ws"
)

// TestIdleViewerIsCheap holds what a viewer who only listens keeps of the heap
// and of stacks. The clients are bare descriptors, which keep nothing of either.
func TestIdleViewerIsCheap(t *testing.T) {
	if path != ws.PathEpoll {
		t.Skip("two goroutines cost what they cost")
	}
	const viewers, most = 1500, 1536 // bytes each
	r := newRig(t, nil)
	addr, err := net.ResolveTCPAddr("tcp", strings.TrimPrefix(r.url, "ws://"))
	if err != nil {
		t.Fatal(err)
	}
	to := &unix.SockaddrInet4{Port: addr.Port, Addr: [4]byte{127, 0, 0, 1}}
	connect := func() {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = unix.Close(fd) })
		if err := unix.Connect(fd, to); err != nil {
			t.Fatal(err)
		}
		// Staff state no facts, which the test's log would keep.
		if _, err := unix.Write(fd, []byte("GET /v1/rooms/r1/ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nAuthorization: Bearer operator\r\n\r\n")); err != nil {
			t.Fatal(err)
		}
		var answer [4096]byte
		if _, err := unix.Read(fd, answer[:]); err != nil || !strings.HasPrefix(string(answer[:]), "HTTP/1.1 101") {
			t.Fatalf("%q %v", answer, err)
		}
	}
	held := func() uint64 {
		runtime.GC()
		runtime.GC() // What lies in pools goes with the second.
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc + m.StackInuse
	}
	for range 100 {
		connect()
	}
	eventually(t, "the first are in", func() bool { return r.hub.Members() == 100 })
	before := held()
	for range viewers {
		connect()
	}
	eventually(t, "all are in", func() bool { return r.hub.Members() == 100+viewers })
	eventually(t, "their welcomes are sent", func() bool {
		after := held()
		each := (int64(after) - int64(before)) / viewers
		t.Logf("%d bytes for each viewer", each)
		return each < most
	})
}
