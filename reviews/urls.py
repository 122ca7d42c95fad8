"""The addresses of a review. Identifiers are UUIDs; nothing in an address says what it is about."""

from django.urls import include, path

from reviews.views import (
    cases,
    decisions,
    due,
    feeds,
    home,
    muting,
    panel,
    returns,
    rule_book,
    stages,
    what_if,
)

urlpatterns = [
    path("", home.home, name="home"),
    path("cases/", cases.case_list, name="case-list"),
    path("cases.csv", cases.case_list_csv, name="case-list-csv"),
    path("cases/refer/", stages.Refer.as_view(), name="refer"),
    path("cases/<uuid:pk>/", cases.case_page, name="case"),
    path("cases/<uuid:pk>/add-child/", stages.AddChild.as_view(), name="case-add-child"),
    path(
        "cases/<uuid:pk>/children/<int:number>/correct/",
        stages.CorrectChild.as_view(),
        name="case-correct-child",
    ),
    path("cases/<uuid:pk>/correct/", stages.Correct.as_view(), name="case-correct"),
    path(
        "cases/<uuid:pk>/correct-notification/",
        stages.CorrectNotification.as_view(),
        name="case-correct-notification",
    ),
    path("cases/<uuid:pk>/ask/", stages.AskAgencies.as_view(), name="case-ask"),
    path("cases/<uuid:pk>/done/<str:code>/", stages.MilestoneDone.as_view(), name="milestone-done"),
    path("cases/<uuid:pk>/mute/", muting.MuteReminders.as_view(), name="case-mute"),
    path("cases/<uuid:pk>/mute/<int:mute>/end/", muting.EndMute.as_view(), name="case-mute-end"),
    path("cases/<uuid:pk>/decision/", decisions.decision_page, name="decision"),
    path("cases/<uuid:pk>/decision/send/", decisions.Decide.as_view(), name="decision-send"),
    path("cases/<uuid:pk>/decision/sign/", decisions.Sign.as_view(), name="decision-sign"),
    path(
        "cases/<uuid:pk>/decision/<slug:section>/", decisions.WriteSection.as_view(), name="decision-section"
    ),
    *(
        path(f"cases/<uuid:pk>/{stages.PATHS[verb]}/", page.as_view(), name=f"case-{stages.PATHS[verb]}")
        for verb, (_, page) in stages.ACTIONS.items()
    ),
    path("due/", due.year_page, name="due"),
    path("due/feed/", feeds.FeedPage.as_view(), name="feed"),
    path("due/feed/made/", feeds.feed_made, name="feed-made"),
    path("due/feed/end/", feeds.EndFeed.as_view(), name="feed-end"),
    path("due/feed.ics", feeds.feed_file, name="feed-file"),
    path("what-if/", what_if.what_if_page, name="what-if"),
    path("returns/", returns.return_list, name="return-list"),
    path("returns/<uuid:pk>/", returns.return_page, name="return"),
    path("returns/<uuid:pk>/acknowledge/", returns.Acknowledge.as_view(), name="return-acknowledge"),
    path("returns/<uuid:pk>/nil/", returns.DeclareNil.as_view(), name="return-nil"),
    path("returns/<uuid:pk>/finish/", returns.Finish.as_view(), name="return-finish"),
    path("returns/<uuid:pk>/sign-off/", returns.SignOff.as_view(), name="return-sign-off"),
    path("returns/<uuid:pk>/send-back/", returns.SendBack.as_view(), name="return-send-back"),
    path("returns/<uuid:pk>/cancel/", returns.Cancel.as_view(), name="return-cancel"),
    path("returns/<uuid:pk>/remind/", returns.Remind.as_view(), name="return-remind"),
    path("returns/<uuid:pk>/call/", returns.NoteCall.as_view(), name="return-call"),
    path("returns/<uuid:pk>/received/", returns.Receive.as_view(), name="return-received"),
    path("returns/<uuid:pk>/accept/", returns.Accept.as_view(), name="return-accept"),
    path("returns/<uuid:pk>/write/<slug:section>/", returns.WriteSection.as_view(), name="return-section"),
    path("rules/", rule_book.rule_book_page, name="rule-book"),
    path("", include("reviews.administration.urls")),
    path("", include("reviews.attachments.urls")),
    path("", include("reviews.auditing.urls")),
    path("", include("reviews.chronology.urls")),
    path("", include("reviews.deadlines.urls")),
    path("", include("reviews.keeping.urls")),
    path("", include("reviews.sight.urls")),
    path("panel/", panel.panel_list, name="panel-list"),
    path("panel/<uuid:pk>/", panel.panel_record, name="panel-record"),
    path("panel/<uuid:pk>/print/", panel.panel_record, kwargs={"for_paper": True}, name="panel-record-print"),
    path("panel/<uuid:pk>/record.json", panel.panel_record_json, name="panel-record-json"),
    path("panel/<uuid:pk>/reply/", panel.Reply.as_view(), name="panel-reply"),
]
