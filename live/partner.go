package live

import "slices"

// PartnerState is where a person stands who wants to sell in the merchant's name.
type PartnerState string

// States of a partner.
const (
	PartnerStateApplied   PartnerState = "applied"
	PartnerStateApproved  PartnerState = "approved"
	PartnerStateRejected  PartnerState = "rejected"
	PartnerStateSuspended PartnerState = "suspended"
)

// partnerTurns says which state may follow which. Who was rejected may apply
// again; who was suspended may be approved again.
var partnerTurns = map[PartnerState][]PartnerState{
	"":                    {PartnerStateApplied},
	PartnerStateApplied:   {PartnerStateApproved, PartnerStateRejected},
	PartnerStateRejected:  {PartnerStateApplied},
	PartnerStateApproved:  {PartnerStateSuspended},
	PartnerStateSuspended: {PartnerStateApproved},
}

// Valid reports whether s is a state of partners.
func (s PartnerState) Valid() bool { return s != "" && partnerTurns[s] != nil }

// May reports whether a partner in this state may come to another.
func (s PartnerState) May(to PartnerState) bool { return slices.Contains(partnerTurns[s], to) }
