package live

// What is told of agents on their way to become hosts.
const (
	IncubationJoined Kind = "incubation_joined"
	IncubationLeft   Kind = "incubation_left"
	SkillProved      Kind = "skill_proved"
	DrillBooked      Kind = "drill_booked"
	DrillJudged      Kind = "drill_judged"
	ShadowReviewed   Kind = "shadow_reviewed"
	PromotionAsked   Kind = "promotion_asked"
	PromotionGranted Kind = "promotion_granted"
	PromotionRefused Kind = "promotion_refused"
	RoleTokenIssued  Kind = "incubation_token_issued"
)

// incubationKinds are rows of [Kinds].
var incubationKinds = []Spec{
	{IncubationJoined, FromSystem, AudienceNone, nil},
	{IncubationLeft, FromSystem, AudienceNone, nil},
	{SkillProved, FromSystem, AudienceNone, nil},
	{DrillBooked, FromSystem, AudienceNone, nil},
	{DrillJudged, FromSystem, AudienceNone, nil},
	{ShadowReviewed, FromSystem, AudienceNone, nil},
	{PromotionAsked, FromSystem, AudienceNone, nil},
	{PromotionGranted, FromSystem, AudienceNone, nil},
	{PromotionRefused, FromSystem, AudienceNone, nil},
	{RoleTokenIssued, FromSystem, AudienceNone, nil},
}
