"""Addresses of the pages about people."""

from django.urls import path

from accounts import views

urlpatterns = [
    path("sign-in/", views.SignIn.as_view(), name="sign-in"),
    path("sign-out/", views.SignOut.as_view(), name="sign-out"),
    path("change-password/", views.ChangePassword.as_view(), name="change-password"),
    path("set-password/<uidb64>/<token>/", views.SetPassword.as_view(), name="set-password"),
]
