"""People of a local stack's user pool: signed up, confirmed and signed in as on AWS."""

from dataclasses import dataclass

from pilotfish_local.local_stack import LocalStack

# Fits the pool's policy; worth nothing anywhere else.
PASSWORD = "Correct-horse-7"  # noqa: S105


@dataclass(frozen=True, slots=True)
class Member:
    """A person, and what proves it for an hour."""

    user: str
    email: str
    access_token: str
    id_token: str

    @property
    def headers(self) -> dict[str, str]:
        """What the HTTP API wants to see."""
        return {"Authorization": f"Bearer {self.access_token}"}


def sign_up(local: LocalStack, email: str, *, operator: bool = False) -> Member:
    """A new member, as confirmed by their mail."""
    cognito, pool = local.aws.client("cognito-idp"), local.name("UserPool")
    client = local.name("UserPoolClient")
    user = cognito.sign_up(
        ClientId=client,
        Username=email,
        Password=PASSWORD,
        UserAttributes=[{"Name": "email", "Value": email}],
    )["UserSub"]
    cognito.admin_confirm_sign_up(UserPoolId=pool, Username=email)
    if operator:
        cognito.admin_add_user_to_group(UserPoolId=pool, Username=email, GroupName="operator")
    return Member(user, email, *_tokens(local, email))


def _tokens(local: LocalStack, email: str) -> tuple[str, str]:
    answer = local.aws.client("cognito-idp").initiate_auth(
        ClientId=local.name("UserPoolClient"),
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": email, "PASSWORD": PASSWORD},
    )["AuthenticationResult"]
    return answer["AccessToken"], answer["IdToken"]
