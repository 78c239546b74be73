"""What is taught: the scenarios, the statements of each lesson, the menu and the pages about them."""
