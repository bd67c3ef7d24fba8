package live

// What becomes of complaints, of what they teach, and of what a host is told of
// it before the next show.
const (
	ComplaintOpened     Kind = "complaint_opened"
	ComplaintClassified Kind = "complaint_classified"
	ComplaintEscalated  Kind = "complaint_escalated"
	ComplaintMediated   Kind = "complaint_mediated"
	ComplaintResolved   Kind = "complaint_resolved"
	ComplaintReopened   Kind = "complaint_reopened"
	ComplaintWithdrawn  Kind = "complaint_withdrawn"
	KeywordsExtracted   Kind = "keywords_extracted"
	FeedbackItemCreated Kind = "feedback_item_created"
	FeedbackRouted      Kind = "feedback_routed"
	FeedbackAdopted     Kind = "feedback_adopted"
	FeedbackRejected    Kind = "feedback_rejected"
	FeedbackVerified    Kind = "feedback_verified"
	ShowBriefPublished  Kind = "show_brief_published"
	ShowBriefRead       Kind = "show_brief_read"
)

// FollowupDone is that somebody was asked afterwards how it went.
const FollowupDone Kind = "followup_done"

// ReviewPosted is what a buyer says of an order afterwards.
const ReviewPosted Kind = "review_posted"

// complaintKinds are rows of [Kinds]. A complaint is nothing for the room it is
// about; the brief of a show is for its panels.
var complaintKinds = []Spec{
	{ComplaintOpened, FromSystem, AudienceNone, nil},
	{ComplaintClassified, FromSystem, AudienceNone, nil},
	{ComplaintEscalated, FromSystem, AudienceNone, nil},
	{ComplaintMediated, FromSystem, AudienceNone, nil},
	{ComplaintResolved, FromSystem, AudienceNone, nil},
	{ComplaintReopened, FromSystem, AudienceNone, nil},
	{ComplaintWithdrawn, FromSystem, AudienceNone, nil},
	{KeywordsExtracted, FromSystem, AudienceNone, nil},
	{FeedbackItemCreated, FromSystem, AudienceNone, nil},
	{FeedbackRouted, FromSystem, AudienceNone, nil},
	{FeedbackAdopted, FromSystem, AudienceNone, nil},
	{FeedbackRejected, FromSystem, AudienceNone, nil},
	{FeedbackVerified, FromSystem, AudienceNone, nil},
	{ShowBriefPublished, FromSystem, AudiencePanel, nil},
	{ShowBriefRead, FromSystem, AudiencePanel, nil},
}
