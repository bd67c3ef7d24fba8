package ws

import (
	"math/rand/v2"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"showrunner/live"
	"showrunner/live/hub"
)

// shard carries many sockets with one goroutine: it waits for all of them by
// epoll, reads what comes, and sends what the hub has with writes that never
// wait. There is one for each core, and nothing of a shard is touched by anybody
// but its goroutine; others leave a word in its mail.
//
// The goroutine and its epoll set are there only while there are sockets.
type shard struct {
	srv   *Server
	crews *crews
	epoch time.Time // the zero of the shard's clock

	slots
	symbols symbols
	fans    []*fan // nil where one is gone
	byRoom  map[live.RoomID]uint32
	lags    map[uint32]*backlog // by slot, of those that flagLagging
	partly  map[uint32]*partial // by slot, of those in the middle of a message
	guests  map[uint32]*guest   // by slot, of those with something to carry out
	light   []*guest            // whose frames of this turn are carried out together
	lane    *lane               // of the facts of guests that are made in this turn
	closing map[uint32]struct{}
	unread  []uint32 // slots whose turn ended before their bytes did
	rounds  []*round
	epfd    int
	wakefd  int
	now     int64 // the clock as of this turn of the loop
	scanned int64
	swept   int64
	buf     []byte
	events  []unix.EpollEvent

	mu      sync.Mutex
	mail    []func()
	running bool
	asleep  bool
}

// readTurn is how much of one socket is read before the others have their turn.
const readTurn = 64 << 10

func newShard(s *Server, c *crews) *shard {
	return &shard{
		srv: s, crews: c, lane: s.nextLane(), epoch: time.Now(), //nolint:forbidigo // the clock of sockets is real time.
		byRoom: map[live.RoomID]uint32{}, lags: map[uint32]*backlog{}, partly: map[uint32]*partial{},
		guests: map[uint32]*guest{}, closing: map[uint32]struct{}{},
	}
}

// clock is the time on the shard's clock, which starts at 1.
func (s *shard) clock() int64 { return int64(time.Since(s.epoch)) + 1 }

// do has the shard's goroutine do something soon. What one caller leaves is done
// in its order.
func (s *shard) do(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mail = append(s.mail, f)
	switch {
	case !s.running:
		s.running = true
		go s.run()
	case s.asleep:
		s.asleep = false
		s.ring()
	}
}

// ring wakes the loop; the caller holds the lock, so the descriptor is there.
func (s *shard) ring() {
	if _, err := unix.Write(s.wakefd, []byte{1, 0, 0, 0, 0, 0, 0, 0}); err != nil && err != unix.EAGAIN {
		panic("BUG: waking a shard: " + err.Error())
	}
}

// take empties the mail. With nothing in it and nothing to do the loop falls
// asleep, or ends if nobody is left.
func (s *shard) take(busy bool) (mail []func(), end bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	mail, s.mail = s.mail, nil
	if len(mail) > 0 || busy {
		return mail, false
	}
	if s.used == 0 {
		s.running = false
		s.shut()
		return nil, true
	}
	s.asleep = true
	return nil, false
}

// run is the loop.
func (s *shard) run() {
	s.start()
	for {
		busy := len(s.rounds) > 0 || len(s.unread) > 0
		mail, end := s.take(busy)
		if end {
			return
		}
		s.now = s.clock()
		for _, f := range mail {
			f()
		}
		s.wait(len(mail) > 0 || busy)
		s.turns()
		s.together()
		s.advance()
		s.timers()
	}
}

// start opens the epoll set. If the process has no descriptor to spare the
// newcomer waits for one.
func (s *shard) start() {
	fd, err := s.open()
	for err != nil {
		s.srv.deps.Logger.Error("opening an epoll set", "error", err)
		time.Sleep(descriptorPause)
		fd, err = s.open()
	}
	s.mu.Lock()
	s.wakefd = fd
	s.mu.Unlock()
	s.buf, s.events = make([]byte, readTurn+MaxFrame), make([]unix.EpollEvent, 256)
}

// descriptorPause is how long start waits for others to give descriptors back.
const descriptorPause = 100 * time.Millisecond

// open makes the epoll set and the descriptor that wakes it.
func (s *shard) open() (wake int, err error) {
	if s.epfd, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return 0, err
	}
	if wake, err = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK); err == nil {
		if err = unix.EpollCtl(s.epfd, unix.EPOLL_CTL_ADD, wake, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: -1}); err == nil {
			return wake, nil
		}
		_ = unix.Close(wake) // It was never used, nor was the set.
	}
	_ = unix.Close(s.epfd)
	return 0, err
}

// shut gives back what start took. The slots stay: what is still meant for one of
// them has to find that its socket is gone.
func (s *shard) shut() {
	_, _ = unix.Close(s.epfd), unix.Close(s.wakefd) // They are ours and open.
	s.buf, s.events = nil, nil
}

// wait waits for sockets, or only looks if there is something else to do.
func (s *shard) wait(busy bool) {
	timeout := int(s.scanEvery() / time.Millisecond)
	if len(s.closing) > 0 {
		timeout = int(s.sweepEvery() / time.Millisecond)
	}
	if busy {
		timeout = 0
	}
	n, err := unix.EpollWait(s.epfd, s.events, timeout)
	s.mu.Lock()
	s.asleep = false
	s.mu.Unlock()
	s.now = s.clock()
	if err != nil && err != unix.EINTR {
		panic("BUG: waiting for sockets: " + err.Error())
	}
	for i := range max(n, 0) {
		e := &s.events[i]
		if e.Fd < 0 {
			var word [8]byte
			_, _ = unix.Read(s.wakefd, word[:]) // Only that it was rung matters.
			continue
		}
		slot, gen := uint32(e.Fd), uint32(e.Pad) //nolint:gosec // they are bits.
		v := s.at(slot)
		if !v.is(flagUsed) || v.gen != gen {
			continue // Its socket was closed in this very turn.
		}
		if e.Events&unix.EPOLLOUT != 0 && v.is(flagLagging) {
			s.drain(slot)
		}
		if v.gen == gen && e.Events&^uint32(unix.EPOLLOUT) != 0 {
			s.readable(slot)
		}
	}
}

// turns goes on with sockets whose bytes were more than one turn's.
func (s *shard) turns() {
	again := s.unread
	s.unread = nil
	for _, slot := range again {
		if s.at(slot).is(flagUnread) {
			s.readable(slot)
		}
	}
}

// watch puts the socket into the epoll set. Its slot and generation stand in the
// event, so that one that is late is known as such.
func (s *shard) watch(slot uint32) {
	v := s.at(slot)
	if v.is(flagWatched) {
		return
	}
	v.flags |= flagWatched
	e := unix.EpollEvent{
		Events: unix.EPOLLIN | unix.EPOLLOUT | unix.EPOLLRDHUP | unix.EPOLLET,
		Fd:     int32(slot), Pad: int32(v.gen), //nolint:gosec // they are bits.
	}
	if err := unix.EpollCtl(s.epfd, unix.EPOLL_CTL_ADD, int(v.fd), &e); err != nil {
		s.srv.deps.Logger.Error("watching a socket", "error", err)
		s.finish(slot, "left")
	}
}

// newcomer is a socket on its way to a shard.
type newcomer struct {
	*arrival
	fd     int
	answer []byte // to its handshake
	early  []byte // what the client sent right behind that

	deflates bool // messages may be compressed
}

// admit gives a socket its slot and its seat, and has its welcome made.
func (s *shard) admit(n newcomer) {
	slot := s.slots.take()
	v := s.at(slot)
	v.fd = int32(n.fd) //nolint:gosec // descriptors are small.
	if n.deflates {
		v.flags |= flagDeflates
	}
	v.heard, v.beat = s.now, s.srv.now().UnixMilli()
	// The first ping comes at a random moment of the interval, so that those
	// who joined together are not all pinged together.
	v.sent = s.now - rand.Int64N(int64(s.srv.deps.Timing.Ping))
	s.settle(v, n.arrival)
	v.fan, v.seat = s.fanOf(n.room).add(slot)
	s.srv.carries(pathEpoll, 1)
	b := s.lag(slot)
	b.held, b.answer = true, n.answer
	j, err := s.fans[v.fan].hub.Sit(n.joinOptions())
	if err != nil {
		bye := s.srv.joinRefused(n.room.ID, err)
		s.end(slot, &bye)
		return
	}
	v.flags |= flagSeated
	v.pass = j.Pass
	if j.After >= j.Offset { // Equal: the tick under way may hold what it has seen.
		v.after = j.After
	}
	gen := v.gen
	s.crews.openings.add(func() {
		var (
			first []byte
			err   error
		)
		defer func() {
			// If making the welcome panics the socket just closes.
			broke := s.srv.caught(recover())
			s.do(func() {
				if v := s.at(slot); v.gen == gen {
					s.opened(slot, n, first, err, broke)
				}
			})
		}()
		w, missed, fault := s.srv.opening(n.arrival, j)
		if err = fault; err == nil {
			first = w.wire(n.answer, missed)
		}
	})
}

// opened sends the answer to the handshake with the welcome, and begins to listen.
func (s *shard) opened(slot uint32, n newcomer, first []byte, err error, broke bool) {
	v := s.at(slot)
	switch {
	case v.is(flagClosing):
		return
	case broke:
		_, _ = s.write(v.fd, n.answer) // The peer is about to lose the connection, so or so.
		s.finish(slot, "left")
		return
	case err != nil:
		bye := s.srv.joinRefused(n.room.ID, err)
		s.end(slot, &bye)
		return
	}
	v.flags |= flagOpen
	if n.counted() {
		s.host(slot, n.arrival, &s.srv.entries).entered()
	}
	gen := v.gen
	s.lags[slot].answer = nil // It is the beginning of first.
	if s.release(slot, first); v.gen != gen {
		return
	}
	if s.watch(slot); v.gen == gen && len(n.early) > 0 {
		s.consume(slot, n.early)
	}
}

// finish closes the socket and gives the slot to the next. What the client sent
// before is still carried out, and then the seat is given up.
func (s *shard) finish(slot uint32, reason string) {
	v := s.at(slot)
	if v.is(flagSeated) {
		g := s.guests[slot]
		if g == nil {
			g = s.host(slot, s.arrival(v), &s.srv.entries)
		}
		g.fan, g.open = s.fans[v.fan].hub, v.is(flagOpen)
		delete(s.guests, slot)
		defer g.leave(reason)
	}
	if err := unix.Close(int(v.fd)); err != nil { // That takes it out of the epoll set, too.
		s.srv.deps.Logger.Error("closing a socket", "error", err)
	}
	if f := s.fans[v.fan]; f.remove(v.seat) {
		s.fans[v.fan] = nil
		if s.byRoom[f.room.ID] == v.fan {
			delete(s.byRoom, f.room.ID)
		}
	}
	delete(s.lags, slot)
	delete(s.partly, slot)
	delete(s.closing, slot)
	s.unsettle(v)
	s.give(slot)
	s.srv.carries(pathEpoll, -1)
}

// fanOf is the fan of a room, made if nobody of the room was here.
func (s *shard) fanOf(room live.Room) *fan {
	if i, ok := s.byRoom[room.ID]; ok {
		return s.fans[i]
	}
	f := &fan{shard: s, room: room, index: uint32(len(s.fans))} //nolint:gosec // at most one for each socket.
	for i, other := range s.fans {
		if other == nil {
			f.index = uint32(i) //nolint:gosec // see above.
			break
		}
	}
	if int(f.index) == len(s.fans) {
		s.fans = append(s.fans, f)
	} else {
		s.fans[f.index] = f
	}
	f.hub = s.srv.deps.Hub.NewFan(room.ID, hub.ClassViewer, f)
	s.byRoom[room.ID] = f.index
	return f
}
