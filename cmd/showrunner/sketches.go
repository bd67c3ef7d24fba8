package main

import (
	"maps"
	"sync"
	"time"

	"showrunner/live"
	"showrunner/live/bus"
	"showrunner/live/hub"
)

// sketchEvery is how old the sketch of a large room may be: making one goes over
// all its persons, and what changes meanwhile is less than its error.
const sketchEvery = 2 * time.Second

// sketches keeps those of large rooms for a moment.
type sketches struct {
	mu    sync.Mutex
	rooms map[live.RoomID]sketched
}

type sketched struct {
	bus.Sketch
	at time.Time
}

// of is the sketch of a room, whose persons are listed by names.
func (s *sketches) of(room live.RoomID, names func(live.RoomID) []live.PersonID, now time.Time) bus.Sketch {
	s.mu.Lock()
	defer s.mu.Unlock()
	if have, ok := s.rooms[room]; ok && now.Sub(have.at) < sketchEvery {
		return have.Sketch
	}
	if s.rooms == nil {
		s.rooms = map[live.RoomID]sketched{}
	}
	made := sketched{bus.SketchOf(names(room)), now}
	s.rooms[room] = made
	return made.Sketch
}

// forget drops the sketches of rooms that are large no more.
func (s *sketches) forget(here []hub.Crowd) {
	s.mu.Lock()
	defer s.mu.Unlock()
	large := map[live.RoomID]bool{}
	for i := range here {
		large[here[i].Room] = len(here[i].Names) < here[i].Persons
	}
	maps.DeleteFunc(s.rooms, func(id live.RoomID, _ sketched) bool { return !large[id] })
}
