package conversion

import "showrunner/live"

// Cost is what the touches of one key cost in one currency.
type Cost struct {
	Key      string
	Currency live.Currency // empty: the facts name none, and it is in no sum
	Minor    int64
	Touches  int64
}

// Arm is which group of an experiment a person is in; zero: none.
type Arm uint8

// Arms.
const (
	ArmTreated Arm = iota + 1
	ArmControl
)
