package live

// What becomes of the needs of single people on their way to a fixed entry.
const (
	NeedCaptured  Kind = "need_captured"
	NeedResponded Kind = "need_responded"
	NeedValidated Kind = "need_validated"
	NeedClustered Kind = "need_clustered"
	NeedPromoted  Kind = "need_promoted"
	NeedMeasured  Kind = "need_measured"
	NeedRetired   Kind = "need_retired"
)

// needKinds are rows of [Kinds].
var needKinds = []Spec{
	{NeedCaptured, FromSystem, AudienceNone, nil},
	{NeedResponded, FromSystem, AudienceNone, nil},
	{NeedValidated, FromSystem, AudienceNone, nil},
	{NeedClustered, FromSystem, AudienceNone, nil},
	{NeedPromoted, FromSystem, AudienceNone, nil},
	{NeedMeasured, FromSystem, AudienceNone, nil},
	{NeedRetired, FromSystem, AudienceNone, nil},
}
