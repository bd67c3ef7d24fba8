package conversion

import "showrunner/live"

// FedDays are the days after a show on which the groups it fed are looked at.
var FedDays = [3]int{30, 60, 90}

// FedQuestion asks which groups a show fed, and how they lived after it.
type FedQuestion struct {
	Scope

	Show live.ShowID
	From Day // of the show
}

// FedGroup is a group that people joined out of a show.
type FedGroup struct {
	Group, Name string
	Joined      int64 // persons, each once
	Ends        [len(FedDays)]FedEnd
}

// FedEnd is a group at the end of one of [FedDays].
type FedEnd struct {
	Over  bool // the day is: until then nothing is known of it
	Alive bool
}
