// The ways in. A merchant's single sign-on is one more entry here: `begin` sends
// the person there, and the page they come back to calls session.begin with the
// token it was given.

export interface Way {
  id: string;
  /** Whether the server has this way set up. */
  offered: () => Promise<boolean>;
  /** Leaves for the identity provider; the page to come back to is told. */
  begin: (backTo: string) => void | Promise<void>;
}

/** Ways beside the token, which the login page always has. */
export const ways: Way[] = [];
