package live

// What is told of alerts: that a rule found something, that it is over, and that
// somebody has taken it up.
const (
	AlertRaised       Kind = "alert_raised"
	AlertCleared      Kind = "alert_cleared"
	AlertAcknowledged Kind = "alert_acknowledged"
)

// alertKinds are rows of [Kinds]. Viewers never see an alert.
var alertKinds = []Spec{
	{AlertRaised, FromSystem, AudiencePanel, nil},
	{AlertCleared, FromSystem, AudiencePanel, nil},
	{AlertAcknowledged, FromSystem, AudiencePanel, nil},
}
