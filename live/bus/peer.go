package bus

import (
	"hash/fnv"
	"maps"
	"slices"
	"sync"
	"time"

	"showrunner/live"
)

// peers are the other servers, as far as they were heard lately.
type peers struct {
	now  func() time.Time
	life time.Duration

	mu    sync.RWMutex
	nodes map[string]*peer
}

type peer struct {
	instance string
	machine  string
	seq      uint64
	heard    time.Time
	rooms    map[live.RoomID]told
}

// told is what a peer said of a room, and with which beat.
type told struct {
	Crowd
	seq uint64
}

// take remembers a beat; fresh tells that the server was not known before.
func (p *peers) take(b beat) (fresh bool) {
	now := p.now()
	p.mu.Lock()
	defer p.mu.Unlock()
	n := p.nodes[b.Node]
	if b.Gone {
		if n != nil && n.instance == b.Instance {
			delete(p.nodes, b.Node)
		}
		return false
	}
	fresh = n == nil || n.instance != b.Instance || now.Sub(n.heard) > p.life
	if n == nil || n.instance != b.Instance {
		n = &peer{instance: b.Instance, rooms: map[live.RoomID]told{}}
		p.nodes[b.Node] = n
	}
	n.machine = b.Machine
	n.heard, n.seq = now, max(n.seq, b.Seq)
	for _, c := range b.Rooms {
		n.rooms[c.Room] = told{c, b.Seq}
	}
	// A room that the last whole beat did not name is empty there.
	maps.DeleteFunc(n.rooms, func(_ live.RoomID, t told) bool { return t.seq+1 < n.seq })
	return fresh
}

// alive calls fn for every server that was heard lately.
func (p *peers) alive(fn func(name string, n *peer)) {
	now := p.now()
	p.mu.RLock()
	defer p.mu.RUnlock()
	for name, n := range p.nodes {
		if now.Sub(n.heard) <= p.life {
			fn(name, n)
		}
	}
}

// Nodes are the names of the servers that live, this one among them, sorted.
func (b *Bus) Nodes() []string {
	names := []string{b.cfg.Node}
	b.peers.alive(func(name string, _ *peer) { names = append(names, name) })
	slices.Sort(names)
	return names
}

// Online is how many persons are in a room through all servers; own is who is
// there through this one. It is exact while no server has more than [FewPersons]
// there, or only one has any; else it is as near as a [Sketch].
func (b *Bus) Online(own Crowd) int {
	crowds := []Crowd{own}
	b.peers.alive(func(_ string, n *peer) {
		if t, ok := n.rooms[own.Room]; ok {
			crowds = append(crowds, t.Crowd)
		}
	})
	crowds = slices.DeleteFunc(crowds, func(c Crowd) bool { return c.Persons == 0 })
	if len(crowds) == 1 {
		return crowds[0].Persons
	}
	seen := map[uint64]bool{}
	for i := range crowds {
		if len(crowds[i].Hashes) < crowds[i].Persons {
			return together(crowds)
		}
		for _, h := range crowds[i].Hashes {
			seen[h] = true
		}
	}
	return len(seen)
}

// Elsewhere is the number of sockets in a room on the other server that has the
// most of them.
func (b *Bus) Elsewhere(room live.RoomID) (most int) {
	b.peers.alive(func(_ string, n *peer) { most = max(most, n.rooms[room].Sockets) })
	return most
}

// Largest is the number of sockets in a room on the machine that has the most of
// them; here are those of this server.
func (b *Bus) Largest(room live.RoomID, here int) int {
	most, mine := 0, here
	shared := map[string]int{}
	b.peers.alive(func(_ string, n *peer) {
		sockets := n.rooms[room].Sockets
		switch {
		case n.machine == "":
			most = max(most, sockets)
		case n.machine == b.cfg.Machine:
			mine += sockets
		default:
			shared[n.machine] += sockets
			most = max(most, shared[n.machine])
		}
	})
	return max(most, mine)
}

// Owner is the server that builds the frames of a room: of those that live, the
// one whose name and the room's make the greatest hash. Servers that do not
// agree on who lives may have two owners or none for a moment; both are
// harmless.
func (b *Bus) Owner(room live.RoomID) string {
	best, most := b.cfg.Node, weight(b.cfg.Node, room)
	b.peers.alive(func(name string, _ *peer) {
		if w := weight(name, room); w > most || w == most && name > best {
			best, most = name, w
		}
	})
	return best
}

// Owns reports whether this server is the owner of a room.
func (b *Bus) Owns(room live.RoomID) bool { return b.Owner(room) == b.cfg.Node }

// weight is the rank of a server for a room.
func weight(node string, room live.RoomID) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(node)) // It never fails.
	_, _ = h.Write([]byte{0})
	_, _ = h.Write([]byte(room))
	return mix(h.Sum64())
}

// mix spreads a hash over all its bits: FNV changes little in the high ones for
// names that differ at their end.
func mix(x uint64) uint64 {
	x ^= x >> 33
	x *= 0xff51afd7ed558ccd
	x ^= x >> 33
	x *= 0xc4ceb9fe1a85ec53
	return x ^ x>>33
}
