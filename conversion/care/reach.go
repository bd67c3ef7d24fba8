package care

import "showrunner/live"

// Reach is what a caller sees of a merchant's records of service: an agent those
// of people they serve, everybody else who may read them at all of them.
type Reach struct {
	Merchant live.MerchantID
	Agent    string // empty: all of the merchant
}

// ReachOf is the reach of a caller.
func ReachOf(m live.MerchantID, p live.Principal) Reach {
	r := Reach{Merchant: m}
	if p.Role == live.RoleAgent {
		r.Agent = p.Subject
	}
	return r
}
