"""The tool around the component: a local AWS, and what one does on the day after the deployment."""
