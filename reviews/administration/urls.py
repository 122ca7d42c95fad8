"""Addresses of the pages on which a partnership is looked after."""

from django.urls import path

from reviews.administration import (
    accounts,
    calendar,
    ladders,
    milestones,
    people,
    relaxations,
    retention,
    views,
)

urlpatterns = [
    path("administration/", views.Index.as_view(), name="administration"),
    path("administration/agencies/", views.AgencyList.as_view(), name="agency-list"),
    path("administration/agencies/add/", views.AddAgency.as_view(), name="agency-add"),
    path("administration/agencies/<uuid:pk>/", views.EditAgency.as_view(), name="agency-edit"),
    path("administration/people/", people.PeopleList.as_view(), name="people-list"),
    path("administration/people/add/", people.AddPerson.as_view(), name="person-add"),
    path("administration/people/<int:pk>/remove/", people.RemovePerson.as_view(), name="person-remove"),
    path("administration/people/<uuid:pk>/link/", accounts.SendLink.as_view(), name="person-link"),
    path("administration/people/<uuid:pk>/", accounts.Account.as_view(), name="person"),
    path("administration/people/<uuid:pk>/sign-out/", accounts.EndSessions.as_view(), name="person-sign-out"),
    path("administration/people/<uuid:pk>/lift/", accounts.LiftSuspension.as_view(), name="person-lift"),
    path("administration/people/<uuid:pk>/try-again/", accounts.TryAgain.as_view(), name="person-try-again"),
    path("administration/people/<uuid:pk>/lost/", accounts.ReportLoss.as_view(), name="person-lost"),
    path(
        "administration/people/<uuid:pk>/lost/answer/",
        accounts.AnswerLoss.as_view(),
        name="person-lost-answer",
    ),
    path("administration/people/<uuid:pk>/close/", accounts.CloseAccount.as_view(), name="person-close"),
    path("administration/deputies/<int:pk>/end/", people.EndDeputy.as_view(), name="deputy-end"),
    path("administration/deputies/add/", people.AddDeputy.as_view(), name="deputy-add"),
    path("administration/milestones/", milestones.MilestoneList.as_view(), name="milestone-list"),
    path("administration/milestones/<int:pk>/", milestones.EditMilestone.as_view(), name="milestone-edit"),
    path("administration/calendar/", calendar.CalendarPage.as_view(), name="calendar"),
    path("administration/calendar/load/", calendar.LoadList.as_view(), name="calendar-load"),
    path("administration/calendar/day/", calendar.ProposeDay.as_view(), name="calendar-day"),
    path("administration/calendar/<int:pk>/", calendar.ConfirmChange.as_view(), name="calendar-change"),
    path(
        "administration/calendar/<int:pk>/withdraw/",
        calendar.WithdrawChange.as_view(),
        name="calendar-withdraw",
    ),
    path(
        "administration/milestones/<int:pk>/confirm/",
        milestones.ConfirmMilestone.as_view(),
        name="milestone-confirm",
    ),
    path("administration/relaxations/", relaxations.RelaxationList.as_view(), name="relaxation-list"),
    path("administration/relaxations/add/", relaxations.Relax.as_view(), name="relaxation-add"),
    path(
        "administration/relaxations/confirm/",
        relaxations.ConfirmRelaxation.as_view(),
        name="relaxation-confirm",
    ),
    path(
        "administration/relaxations/<int:pk>/end/",
        relaxations.EndRelaxation.as_view(),
        name="relaxation-end",
    ),
    path("administration/retention/", retention.Schedule.as_view(), name="retention-schedule"),
    path("administration/retention/adopt/", retention.Adopt.as_view(), name="retention-adopt"),
    path("administration/retention/add/", retention.AddRule.as_view(), name="retention-add"),
    path("administration/retention/<int:pk>/end/", retention.EndRule.as_view(), name="retention-end"),
    path("administration/reminders/", ladders.LadderList.as_view(), name="ladder-list"),
    path("administration/reminders/<slug:name>/", ladders.AddStep.as_view(), name="ladder-add"),
    path(
        "administration/reminders/<slug:name>/<slug:way>/<str:step>/",
        ladders.ChangeLadder.as_view(),
        name="ladder-change",
    ),
]
