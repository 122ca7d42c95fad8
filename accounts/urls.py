"""Addresses of the pages about people. Three have the names by which allauth looks for them."""

from django.urls import path

from accounts.views import factors, passwords, sign_in, your_sign_in

urlpatterns = [
    path("sign-in/", sign_in.SignIn.as_view(), name="account_login"),
    path("sign-in/passkey/", sign_in.PasskeySignIn.as_view(), name="passkey-sign-in"),
    path("sign-in/confirm/", sign_in.SecondFactor.as_view(), name="mfa_authenticate"),
    path("sign-in/set-up/", factors.SetUp.as_view(), name="set-up"),
    path("sign-in/with/<slug:provider_id>/", sign_in.sign_in_with, name="openid_connect_login"),
    path("sign-in/with/<slug:provider_id>/back/", sign_in.back_from_provider, name="openid_connect_callback"),
    path("sign-out/", sign_in.SignOut.as_view(), name="sign-out"),
    path("suspended/", sign_in.suspended, name="suspended"),
    path("confirm/", factors.Confirm.as_view(), name="confirm"),
    path("stay/", your_sign_in.stay, name="stay"),
    path("your-sign-in/", your_sign_in.your_sign_in, name="your-sign-in"),
    path("your-sign-in/passkey/", factors.AddPasskey.as_view(), name="passkey-add"),
    path("your-sign-in/passkey/<int:pk>/remove/", factors.RemovePasskey.as_view(), name="passkey-remove"),
    path("your-sign-in/app/", factors.AddApp.as_view(), name="app-add"),
    path("your-sign-in/app/remove/", factors.RemoveApp.as_view(), name="app-remove"),
    path("your-sign-in/recovery-codes/", factors.recovery_codes, name="recovery-codes"),
    path("your-sign-in/recovery-codes/new/", factors.NewRecoveryCodes.as_view(), name="recovery-codes-new"),
    path("your-sign-in/sessions/<int:pk>/end/", your_sign_in.EndSession.as_view(), name="session-end"),
    path("your-sign-in/sessions/end/", your_sign_in.EndOtherSessions.as_view(), name="sessions-end"),
    path("change-password/", passwords.ChangePassword.as_view(), name="change-password"),
    path("forgotten-password/", passwords.Forgotten.as_view(), name="forgotten-password"),
    path("forgotten-password/sent/", passwords.forgotten_sent, name="forgotten-password-sent"),
    path("set-password/<uidb64>/<token>/", passwords.SetPassword.as_view(), name="set-password"),
]
